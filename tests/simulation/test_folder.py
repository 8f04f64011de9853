import weakref
from pathlib import Path

import numpy as np
import pytest
from tests.worlds import open_recording

from reverie.encoders.checkpoints import load_encoder
from reverie.foundation.errors import ReverieError
from reverie.simulation.folder import PARTIAL, TRUTH, Simulation, is_simulated, simulate, simulate_animals
from reverie.simulation.kinds import KINDS, find_kind
from reverie.simulation.mouse import SimulatedMouse, schedule
from reverie.simulation.noise import SessionNoise
from reverie.simulation.request import SimulationRequest
from reverie.simulation.truth import SimulatedTruth


def test_written_recordings_equal_the_simulated_trials(tmp_path: Path, movies: list[np.ndarray]):
    clips = {"train": [("a", movies[0][:50]), ("b", movies[1][:40])], "oracle": [("c", movies[2][:45])]}
    truth = simulate(tmp_path, Simulation(clips, mice={"x": 12, "y": 7}, seed=9, repeats={"oracle": 2}))
    for name, neurons in (("x", 12), ("y", 7)):
        recording = open_recording(tmp_path / name)
        animal = SimulatedMouse(truth, name, schedule(clips, {"oracle": 2}), seed=9)
        assert recording.neurons == neurons
        assert recording.tiers == animal.tiers
        for trial in recording.tiers:
            read, drawn = recording.trial(trial), animal.trial(trial)
            np.testing.assert_array_equal(read.movie, drawn.movie)
            np.testing.assert_array_equal(read.state, drawn.state)
            np.testing.assert_array_equal(read.responses, drawn.responses)
        np.testing.assert_allclose(recording.source.coordinates, animal.coordinates)


def test_movies_that_are_drawn_when_shown_are_never_kept(tmp_path: Path, movies: list[np.ndarray]):
    drawn: list[weakref.ref[np.ndarray]] = []

    def draw() -> np.ndarray:
        assert sum(one() is not None for one in drawn) <= 2
        movie = movies[0][:20] + np.float32(len(drawn))
        drawn.append(weakref.ref(movie))
        return movie

    simulate(tmp_path, Simulation({"train": [(str(number), draw) for number in range(12)]}, mice={"x": 3, "y": 2}))
    assert len(drawn) > 20
    assert len(list((tmp_path / "y/data/videos").glob("*.npy"))) == 12


@pytest.mark.parametrize(("kind", "low", "high"), [("default", 0.42, 0.6), ("realistic", 0.25, 0.37)])
def test_responses_are_statistically_like_the_real_ones(
    truth: SimulatedTruth, movies: list[np.ndarray], kind: str, low: float, high: float
):
    # Real recordings, per neuron: median 0, mean 2.2 (0.7-10.6), standard deviation 4 to 5 times the mean.
    shows = schedule({"train": [(str(number), movie) for number, movie in enumerate(movies)]})
    noisy, sure = (
        np.concatenate(
            [trial.responses for trial in SimulatedMouse(truth, "ada", shows, noise=noise).trials("train")], 1
        )
        for noise in (KINDS[kind].noise, SessionNoise(level=0.0))
    )
    ratio = np.median(noisy.std(axis=1) / noisy.mean(axis=1))
    correlations = [np.corrcoef(*pair)[0, 1] for pair in zip(noisy, sure, strict=True)]
    assert low < np.mean(correlations) < high
    assert np.median(noisy) == 0
    assert 0.7 < (noisy == 0).mean() < 0.9
    assert 1.5 < np.median(noisy.mean(axis=1)) < 3.5
    assert 3.0 < ratio < (5.0 if kind == "default" else 8.0)
    assert noisy.sum() == pytest.approx(sure.sum(), rel=0.05)


def test_bad_requests_are_refused(tmp_path: Path, movies: list[np.ndarray]):
    with pytest.raises(ReverieError, match="resize all movies"):
        simulate(tmp_path, Simulation({"train": [("a", movies[0]), ("b", movies[0][:, :18])]}, mice={"x": 3}))
    with pytest.raises(ReverieError, match="animals with neurons"):
        simulate(tmp_path, Simulation({"train": [("a", movies[0][:30])]}, mice={}))
    with pytest.raises(ReverieError, match="say with --dark how many"):
        SimulationRequest(replays=2)
    with pytest.raises(ReverieError, match="replays is -1 but must be at least 0"):
        simulate_animals(tmp_path, SimulationRequest(dark=1, replays=-1))


LITTLE = {"animals": 1, "neurons": 5, "train": 1, "oracle": 1, "test": 0, "frames": 40}


def simulate_little(out: Path, seed: int = 0) -> None:
    simulate_animals(out, seed=seed, **LITTLE)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_simulated_animals_are_recognised_however_they_are_opened(tmp_path: Path):
    simulate_little(tmp_path)
    for place in (tmp_path, tmp_path / "mouse1"):
        recording = open_recording(place)
        assert is_simulated(recording)
    description = tmp_path / TRUTH / "encoder.json"
    description.write_text(description.read_text().replace('"mouse1"', '"mouse2"'))
    assert not is_simulated(recording)
    description.write_text("garbage")
    assert not is_simulated(recording)


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


def test_interrupted_simulations_are_made_anew(tmp_path: Path):
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


def test_the_truth_says_of_what_kind_its_animals_are(tmp_path: Path):
    simulate_animals(tmp_path, kind="harsh", without=("gaze",), **LITTLE)
    about = load_encoder(tmp_path / TRUTH).about
    assert find_kind(about["kind"], about["without"]).truth == find_kind("harsh", ["gaze"]).truth
