import weakref
from pathlib import Path

import numpy as np
import pytest

from reverie.foundation.errors import ReverieError
from reverie.recordings.readers.registry import open_recording
from reverie.simulation.kinds import KINDS
from reverie.simulation.mouse import SimulatedMouse, schedule
from reverie.simulation.noise import SessionNoise
from reverie.simulation.simulate import simulate
from reverie.simulation.truth import SimulatedTruth


def test_what_is_written_is_what_the_simulated_animals_did(tmp_path: Path, movies: list[np.ndarray]):
    clips = {"train": [("a", movies[0][:50]), ("b", movies[1][:40])], "oracle": [("c", movies[2][:45])]}
    truth = simulate(tmp_path, clips, mice={"x": 12, "y": 7}, seed=9, repeats={"oracle": 2})
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

    simulate(tmp_path, {"train": [(str(number), draw) for number in range(12)]}, mice={"x": 3, "y": 2})
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
        simulate(tmp_path, {"train": [("a", movies[0]), ("b", movies[0][:, :18])]}, mice={"x": 3})
    with pytest.raises(ReverieError, match="animals with neurons"):
        simulate(tmp_path, {"train": [("a", movies[0][:30])]}, mice={})
