import errno
import json
import os
import stat
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from reverie.foundation.errors import ReverieError
from reverie.foundation.files import (
    read_json,
    read_npy,
    read_npz,
    read_record,
    read_text,
    replacing,
    write_json,
    write_npz,
    write_record,
    write_text,
)

LATIN_1 = os.fsdecode(b"M\xe4us")


@pytest.fixture
def umask() -> Callable[[int], None]:
    earlier = os.umask(0o022)
    yield os.umask
    os.umask(earlier)


@pytest.mark.parametrize(("mask", "permissions"), [(0o022, 0o644), (0o002, 0o664), (0o077, 0o600)])
def test_permissions_follow_the_umask(tmp_path: Path, umask: Callable[[int], None], mask: int, permissions: int):
    umask(mask)
    write_text(tmp_path / "new", "x")
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == permissions


def refuse_with(number: int) -> Callable[..., None]:
    def refuse(*arguments: object, **options: object) -> None:
        raise OSError(number, os.strerror(number))

    return refuse


REFUSALS = {
    "no permissions (CIFS, exFAT)": [
        (os, "chmod", errno.EPERM),
        (os, "fchmod", errno.EPERM),
        (Path, "chmod", errno.EPERM),
    ],
    "no fsync (FUSE)": [(os, "fsync", errno.EINVAL)],
    "fsync unknown": [(os, "fsync", errno.ENOSYS)],
    "no rename (object stores)": [(Path, "replace", errno.ENOSYS)],
}


@pytest.mark.parametrize("case", REFUSALS)
def test_file_systems_that_refuse_what_is_not_needed_are_written_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: str
):
    for module, name, number in REFUSALS[case]:
        monkeypatch.setattr(module, name, refuse_with(number))
    (tmp_path / "a.json").write_bytes(b"old")
    write_json(tmp_path / "a.json", {"new": 1})
    assert read_json(tmp_path / "a.json") == {"new": 1}
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EDQUOT])
def test_a_disk_that_loses_data_is_told_and_the_old_file_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
):
    (tmp_path / "a").write_bytes(b"old")
    monkeypatch.setattr(os, "fsync", refuse_with(number))
    with pytest.raises(ReverieError, match=r"a could not be written"):
        write_text(tmp_path / "a", "new")
    assert (tmp_path / "a").read_bytes() == b"old"
    assert len(list(tmp_path.iterdir())) == 1


def test_an_interruption_leaves_the_old_file(tmp_path: Path):
    write_text(tmp_path / "a", "old")
    with pytest.raises(KeyboardInterrupt), replacing(tmp_path / "a") as stream:  # noqa: PT012
        stream.write(b"half")
        raise KeyboardInterrupt
    assert read_text(tmp_path / "a") == "old"
    assert len(list(tmp_path.iterdir())) == 1


def test_text_is_utf8_whatever_the_system_and_the_name(tmp_path: Path):
    write_text(tmp_path / "a", f"Mäus → {LATIN_1}")
    assert (tmp_path / "a").read_bytes() == "Mäus → M\\udce4us".encode()
    write_json(tmp_path / "a.json", {LATIN_1: "ä"})
    assert read_json(tmp_path / "a.json") == {LATIN_1: "ä"}
    write_text(tmp_path / LATIN_1 / "b", "x")
    assert read_text(tmp_path / LATIN_1 / "b") == "x"


def test_marks_that_windows_puts_in_front_are_passed_over(tmp_path: Path):
    (tmp_path / "a.json").write_bytes(b"\xef\xbb\xbf" + json.dumps({"a": 1}).encode())
    assert read_json(tmp_path / "a.json") == {"a": 1}


def test_broken_text_and_json_are_named(tmp_path: Path):
    for content, sentence in {
        b"M\xe4us": "UTF-8",
        b"{": "JSON",
        b"[1]": "one JSON object but holds a list",
        b"[" * 99999: "JSON",
    }.items():
        (tmp_path / "a.json").write_bytes(content)
        with pytest.raises(ReverieError, match=rf"a\.json .*{sentence}"):
            read_json(tmp_path / "a.json")


def test_pickles_are_refused_without_advice_to_load_them(tmp_path: Path):
    np.save(tmp_path / "a.npy", np.array([{}], dtype=object), allow_pickle=True)
    np.savez(tmp_path / "a.npz", a=np.array([{}], dtype=object))
    for path, read in ((tmp_path / "a.npy", read_npy), (tmp_path / "a.npz", read_npz)):
        with pytest.raises(ReverieError, match="objects, which may hide code") as told:
            read(path)
        assert "allow_pickle" not in str(told.value)


def test_a_pipe_is_refused_lest_it_never_ends(tmp_path: Path):
    os.mkfifo(tmp_path / "a.json")
    (tmp_path / "b.npy").symlink_to("/dev/zero")
    with pytest.raises(ReverieError, match=r"a\.json is a pipe or a device"):
        read_json(tmp_path / "a.json")
    with pytest.raises(ReverieError, match=r"b\.npy is a pipe or a device"):
        read_npy(tmp_path / "b.npy")


def test_a_record_that_was_changed_is_noticed(tmp_path: Path):
    path = tmp_path / "a.json"
    write_record(path, {"seed": 1, "rate": float("nan"), "sizes": (2, 3)})
    assert read_record(path)["sizes"] == [2, 3]
    path.write_text(path.read_text().replace('"seed": 1', '"seed": 3'))
    with pytest.raises(ReverieError, match=r"a\.json is not what was written"):
        read_record(path)
    write_json(path, {"seed": 3})
    assert read_record(path) == {"seed": 3}


def test_an_archive_of_other_arrays_than_were_written_is_noticed(tmp_path: Path):
    path, arrays = tmp_path / "a.npz", {"movie": np.arange(6.0).reshape(2, 3), "name": np.array("x")}
    write_npz(path, arrays)
    assert {name: array.tolist() for name, array in read_npz(path).items()} == {
        name: array.tolist() for name, array in arrays.items()
    }
    with np.load(path) as archive:
        changed = {**{name: archive[name] for name in archive.files}, "movie": np.arange(6.0).reshape(2, 3) + 1}
    np.savez(path, **changed)
    with pytest.raises(ReverieError, match=r"a\.npz is not what was written"):
        read_npz(path)
    write_npz(path, arrays, sealed=False)
    with np.load(path) as archive:
        assert sorted(archive.files) == ["movie", "name"]
