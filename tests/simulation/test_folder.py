from pathlib import Path

import pytest

from reverie.foundation.errors import ReverieError
from reverie.simulation.folder import PARTIAL, TRUTH, simulate_animals


def simulate_little(out: Path, seed: int = 0) -> None:
    simulate_animals(out, animals=1, neurons=5, train=1, oracle=1, test=0, frames=40, seed=seed)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_the_folder_one_stands_in_is_filled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    simulate_little(Path())
    assert names(Path()) == names(tmp_path) == ["mouse1", TRUTH]


def test_a_link_stays_a_link_and_its_folder_is_filled(tmp_path: Path):
    (tmp_path / "there").mkdir()
    (tmp_path / "link").symlink_to("there")
    simulate_little(tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert names(tmp_path / "there") == ["mouse1", TRUTH]


def test_a_folder_that_somebody_looked_at_is_filled(tmp_path: Path):
    (tmp_path / ".DS_Store").write_bytes(b"x")
    simulate_little(tmp_path)
    assert names(tmp_path) == [".DS_Store", "mouse1", TRUTH]


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path):
    (tmp_path / "mouse1").mkdir()
    with pytest.raises(ReverieError, match="is not empty; choose another --out"):
        simulate_little(tmp_path)
    (tmp_path / PARTIAL).mkdir()
    with pytest.raises(ReverieError, match="holds mouse1 already"):
        simulate_little(tmp_path)
    assert (tmp_path / "mouse1").is_dir()


def test_what_an_interruption_left_is_made_anew(tmp_path: Path):
    (tmp_path / "making" / PARTIAL / "mouse1").mkdir(parents=True)
    (tmp_path / "making" / PARTIAL / "mouse1/half").touch()
    simulate_little(tmp_path / "making")
    assert names(tmp_path / "making") == ["mouse1", TRUTH]
    simulate_little(tmp_path / "moving", seed=1)
    (tmp_path / "moving" / PARTIAL).mkdir()
    (tmp_path / "moving" / TRUTH).rename(tmp_path / "moving" / PARTIAL / TRUTH)
    simulate_little(tmp_path / "moving")
    assert names(tmp_path / "moving") == ["mouse1", TRUTH]
    for array in (tmp_path / "making/mouse1/data").rglob("*.npy"):
        assert array.read_bytes() == (tmp_path / "moving" / array.relative_to(tmp_path / "making")).read_bytes()


@pytest.mark.parametrize("place", ["file", "file/below", "dangling"])
def test_bad_places_are_told_before_the_work(place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "dangling").symlink_to("nowhere")
    monkeypatch.setattr("reverie.simulation.folder.make_tiers", lambda *given: pytest.fail("the work was begun"))
    with pytest.raises(ReverieError, match=r"is a file|link to nowhere"):
        simulate_little(tmp_path / place)


def test_a_disk_too_small_is_told_before_the_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("shutil.disk_usage", lambda place: type("Usage", (), {"free": 1000})())
    monkeypatch.setattr("reverie.simulation.folder.make_tiers", lambda *given: pytest.fail("the work was begun"))
    with pytest.raises(ReverieError, match=r"needs 0\.000186 GB but its disk has 1e-06 GB free"):
        simulate_little(tmp_path / "out")
