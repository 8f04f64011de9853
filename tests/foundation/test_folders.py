import errno
import os
import tempfile
from pathlib import Path

import pytest

from reverie.foundation.errors import ReverieError
from reverie.foundation.folders import (
    PAGE,
    building,
    holds_nothing,
    require_file,
    require_folder,
    require_own,
    require_space,
)
from reverie.foundation.partial_files import open_partial


def test_a_folder_that_somebody_looked_at_holds_nothing(tmp_path: Path):
    assert holds_nothing(tmp_path / "not there")
    for litter in (".DS_Store", "._.DS_Store", "Thumbs.db", "desktop.ini"):
        (tmp_path / litter).write_bytes(b"x")
    assert holds_nothing(tmp_path)
    (tmp_path / "notes.txt").write_bytes(b"x")
    assert not holds_nothing(tmp_path)
    with pytest.raises(ReverieError, match=r"notes\.txt is a file"):
        holds_nothing(tmp_path / "notes.txt")


def test_a_folder_that_can_be_written_is_left_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    for folder in (tmp_path, tmp_path / "a/b/c", Path("relative/new"), Path()):
        require_folder(folder)
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_replaced_by_one_of_its_kind_only(tmp_path: Path):
    page, thesis = tmp_path / "page.html", tmp_path / "thesis.txt"
    require_file(page, PAGE)
    page.write_text("<!doctype html>\n<html>")
    require_file(page, PAGE)
    thesis.write_text("my thesis")
    for path, mark in ((thesis, PAGE), (page, b"rates.npy")):
        with pytest.raises(ReverieError, match="exists already and is of another kind; choose another name"):
            require_file(path, mark)
    with pytest.raises(ReverieError, match="is a folder, where a file"):
        require_file(tmp_path, PAGE)


def test_places_where_no_folder_can_be_are_refused(tmp_path: Path):
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "link").symlink_to("nowhere")
    for place, sentence in {
        "file": "is a file",
        "file/below": "is a file",
        "link": "link to nowhere",
        "link/below": "link to nowhere",
    }.items():
        with pytest.raises(ReverieError, match=sentence):
            require_folder(tmp_path / place)
    with pytest.raises(ReverieError, match="/proc/new cannot be written"):
        require_folder(Path("/proc/new"))


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EDQUOT])
def test_disks_that_take_nothing_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int):
    def refuse(*arguments: object, **options: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    with pytest.raises(ReverieError, match=f"cannot be written .{os.strerror(number)}"):
        require_folder(tmp_path / "new")


def test_a_disk_too_small_is_told_with_numbers(tmp_path: Path):
    with pytest.raises(ReverieError, match=r"needs 1e\+09 GB but its disk has .* GB free"):
        require_space(tmp_path / "not" / "there", 10**18)
    with pytest.raises(ReverieError, match=r"needs 1e\+09 GB"):
        require_folder(tmp_path, needed=10**18)


def test_leftovers_of_killed_processes_do_not_fill_a_folder(tmp_path):
    path, stream = open_partial(tmp_path)
    stream.close()
    assert path.exists()
    assert holds_nothing(tmp_path)
    require_own(tmp_path, "run")
    (tmp_path / "a").write_text("x")
    with pytest.raises(ReverieError, match="holds no run of ours"):
        require_own(tmp_path, "run", "*.json")
    (tmp_path / "a.json").write_text("x")
    require_own(tmp_path, "run", "*.json")


def test_a_folder_appears_once_it_is_whole(tmp_path):
    with building(tmp_path / "a") as hidden:
        (hidden / "file").write_text("whole")
        assert not (tmp_path / "a").exists()
    assert (tmp_path / "a" / "file").read_text() == "whole"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def fill_the_disk(folder):
    with building(folder):
        raise OSError(28, "full")


def test_nothing_is_left_of_one_that_failed(tmp_path):
    with pytest.raises(ReverieError, match=r"a could not be written \(full\)"):
        fill_the_disk(tmp_path / "a")
    assert not list(tmp_path.iterdir())


def test_existing_files_are_not_replaced(tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(ReverieError, match="exists already"), building(tmp_path):
        pass
    assert (tmp_path / "file").read_text() == "mine"


def test_two_that_write_the_same_folder_at_once_do_not_mix(tmp_path):
    with building(tmp_path / "a") as hidden:
        (hidden / "file").write_text("first")
        with (
            pytest.raises(ReverieError, match="a is being written by another process"),
            building(tmp_path / "a") as other,
        ):
            (other / "file").write_text("second")
    assert (tmp_path / "a" / "file").read_text() == "first"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_leftovers_of_a_killed_process_are_removed(tmp_path):
    (tmp_path / ".a.partial/data").mkdir(parents=True)
    with building(tmp_path / "a") as hidden:
        assert not list(hidden.iterdir())
