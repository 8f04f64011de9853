from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from reverie.encoders.checkpoints import read_weights
from reverie.foundation.errors import ReverieError
from reverie.foundation.files import read_json, read_npy, read_npz, read_text

PLACEHOLDERS = {
    "unlocked annex pointer": (b"/annex/objects/MD5-s553088--0cc175b9c0f1b6a8.npy\n", "not fetched.*git annex get"),
    "annex link kept as text": (b"../../../.git/annex/objects/aa/bb/MD5-s1/MD5-s1", "not fetched.*git annex get"),
    "annex link made on Windows": (b"..\\..\\.git\\annex\\objects\\aa\\MD5-s1", "not fetched.*git annex get"),
    "LFS pointer": (
        b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n",
        "not fetched.*git lfs pull",
    ),
    "sign-in page": (b"<!DOCTYPE html><html><title>Sign in</title></html>", "is a web page"),
    "page after a comment": (b"\xef\xbb\xbf\n <!-- made by x -->\n<HTML lang='en'>", "is a web page"),
    "answer of a store": (
        b'<?xml version="1.0"?>\n<Error><Code>AccessDenied</Code></Error>',
        "error message of a server",
    ),
    "empty": (b"", "is empty"),
    "a copy that was interrupted": (bytes(5000), "nothing but zeros"),
}
READERS: dict[str, Callable[[Path], Any]] = {
    "a.npy": read_npy,
    "a.npz": read_npz,
    "a.json": read_json,
    "a.csv": read_text,
    "a.safetensors": read_weights,
}


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("kind", PLACEHOLDERS)
def test_every_reader_names_placeholders(tmp_path: Path, name: str, kind: str):
    content, sentence = PLACEHOLDERS[kind]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ReverieError, match=f"{name}.*{sentence}" if "fetched" not in sentence else sentence) as told:
        READERS[name](tmp_path / name)
    assert name in str(told.value)
    assert "numpy.save" not in str(told.value)


@pytest.mark.parametrize("name", READERS)
def test_links_to_nothing_are_told_apart_from_missing_files(tmp_path: Path, name: str):
    (tmp_path / f"annexed-{name}").symlink_to("../.git/annex/objects/aa/bb/MD5-s1.npy/MD5-s1.npy")
    (tmp_path / f"broken-{name}").symlink_to("/nowhere/there")
    for place, sentence in {"annexed": "git annex get", "broken": "link to /nowhere/there", "no": "missing"}.items():
        with pytest.raises(ReverieError, match=sentence):
            READERS[name](tmp_path / f"{place}-{name}")


def test_a_fetched_file_behind_a_link_is_read(tmp_path: Path):
    objects = tmp_path / ".git/annex/objects"
    objects.mkdir(parents=True)
    np.save(objects / "MD5-s1.npy", np.zeros(3))
    (tmp_path / "a.npy").symlink_to(objects / "MD5-s1.npy")
    assert read_npy(tmp_path / "a.npy").tolist() == [0, 0, 0]


def test_a_file_that_may_not_be_read_is_told_as_that(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    np.save(tmp_path / "a.npy", np.zeros(3))

    def refuse(path: Path, *_: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(ReverieError, match=r"a\.npy may not be read; change its permissions"):
        read_npy(tmp_path / "a.npy")
