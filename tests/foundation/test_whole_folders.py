import pytest

from reverie.foundation.errors import ReverieError
from reverie.foundation.whole_folders import building


def test_a_folder_appears_once_it_is_whole(tmp_path):
    with building(tmp_path / "a") as hidden:
        hidden.mkdir()
        (hidden / "file").write_text("whole")
        assert not (tmp_path / "a").exists()
    assert (tmp_path / "a" / "file").read_text() == "whole"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def fill_the_disk(folder):
    with building(folder) as hidden:
        hidden.mkdir()
        raise OSError(28, "full")


def test_nothing_is_left_of_one_that_failed(tmp_path):
    with pytest.raises(ReverieError, match=r"a could not be written \(full\)"):
        fill_the_disk(tmp_path / "a")
    assert not list(tmp_path.iterdir())


def test_what_is_there_already_stays(tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(ReverieError, match="exists already"), building(tmp_path):
        pass
    assert (tmp_path / "file").read_text() == "mine"
