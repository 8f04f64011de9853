"""What a killed writer left behind goes; what somebody is writing stays."""

import os
from pathlib import Path

import pytest

from reverie.foundation import partial_files
from reverie.foundation.files import read_text, write_text
from reverie.foundation.partial_files import FORGOTTEN, open_partial, sweep


@pytest.fixture(autouse=True)
def another_process():
    """Folders that this process swept already are swept again."""
    sweep.cache_clear()


def left_by_a_killed_process(folder: Path) -> Path:
    path, stream = open_partial(folder)
    stream.close()
    return path


def test_the_next_process_that_writes_into_the_folder_tidies_it(tmp_path: Path):
    left = left_by_a_killed_process(tmp_path)
    (tmp_path / ".hidden").write_bytes(b"of somebody else")
    (tmp_path / ".folder.partial").mkdir()
    write_text(tmp_path / "a", "x")
    assert not left.exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == [".folder.partial", ".hidden", "a"]


def test_files_being_written_stay(tmp_path: Path):
    path, stream = open_partial(tmp_path)
    with stream:
        write_text(tmp_path / "a", "x")
        assert path.exists()


def test_partial_files_of_other_machines_stay_for_a_day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(partial_files, "HOST", "abcdef")
    left = left_by_a_killed_process(tmp_path)
    monkeypatch.undo()
    sweep(tmp_path)
    assert left.exists()
    long_ago = left.stat().st_mtime - 2 * FORGOTTEN
    os.utime(left, (long_ago, long_ago))
    sweep.cache_clear()
    sweep(tmp_path)
    assert not left.exists()


def test_a_file_swept_away_before_it_is_held_is_opened_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    hold, swept = partial_files._hold, []

    def late(stream):
        if not swept:
            swept.extend(tmp_path.iterdir())
            swept[0].unlink()
        hold(stream)

    monkeypatch.setattr(partial_files, "_hold", late)
    write_text(tmp_path / "a", "x")
    assert len(swept) == 1
    assert read_text(tmp_path / "a") == "x"
