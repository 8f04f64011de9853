import os
import tempfile
from pathlib import Path

import pytest

from reverie.foundation.caches import cache_folders, is_own


@pytest.fixture(autouse=True)
def somewhere(monkeypatch, tmp_path):
    """A cache and a folder for temporary files of the test's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def test_the_cache_comes_first_and_then_the_temporary_files(tmp_path):
    found = list(cache_folders("things"))
    assert found == [tmp_path / "cache/things", tmp_path / f"things-{os.geteuid()}"]
    assert [folder.stat().st_mode & 0o777 for folder in found] == [0o700, 0o700]


def test_without_a_named_cache_it_is_that_of_the_home(monkeypatch, tmp_path):
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert next(cache_folders("things")) == tmp_path / "home/.cache/things"


def test_without_a_home_there_are_still_the_temporary_files(monkeypatch, tmp_path):
    def homeless():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setattr(Path, "home", homeless)
    assert list(cache_folders("things")) == [tmp_path / f"things-{os.geteuid()}"]


def test_a_cache_that_cannot_be_made_is_left_out(tmp_path, capsys):
    (tmp_path / "cache").write_text("a file")
    assert list(cache_folders("things")) == [tmp_path / f"things-{os.geteuid()}"]
    assert capsys.readouterr().err == ""


def test_a_folder_that_others_may_write_to_is_refused_and_that_is_said(tmp_path, capsys):
    folder = tmp_path / "cache/things"
    folder.mkdir(parents=True)
    folder.chmod(0o770)
    assert list(cache_folders("things")) == [tmp_path / f"things-{os.geteuid()}"]
    assert capsys.readouterr().err.startswith(f"{folder} is not used")


def test_folders_of_another_user_are_not_own(monkeypatch, tmp_path):
    link = tmp_path / "link"
    link.symlink_to(tmp_path)
    assert is_own(tmp_path)
    assert is_own(link)
    user = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: user + 1)
    assert not is_own(tmp_path)
    assert not is_own(link)
