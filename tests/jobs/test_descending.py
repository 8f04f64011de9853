import numpy as np
import pytest
import torch

from reverie.encoders.checkpoints import load_encoder
from reverie.inversion.fidelity import poisson
from reverie.inversion.methods.paper import Paper
from reverie.inversion.problem import Observation, Problem, Progress, Solution
from reverie.jobs import descending
from reverie.jobs.descending import descend, read_result, write_result
from reverie.recordings.readers.sensorium import open_recordings

CPU = torch.device("cpu")


@pytest.fixture
def problem(unspoilt_world):
    trial = open_recordings(unspoilt_world.data)["alpha"].trial("1")
    encoder = load_encoder(unspoilt_world.encoder)
    observation = Observation(encoder, "alpha", torch.tensor(trial.state), torch.tensor(trial.responses))
    return lambda: Problem((observation,), np.full((36, 64), 1.5, np.float32), poisson)


class InterruptedSolver(Paper):
    """The user presses ctrl-C in the middle of step 7."""

    def step(self, problem, state):
        if state.step == 6:
            raise KeyboardInterrupt
        return super().step(problem, state)


def test_an_interrupted_descent_goes_on_to_the_same_bits(problem, tmp_path, monkeypatch):
    monkeypatch.setattr(descending, "KEEP_EVERY", 0.0)
    whole = descend(problem, Paper(steps=10), tmp_path / "whole.npz", tmp_path / "none.npz", "", CPU)
    finished, unfinished = tmp_path / "parts.npz", tmp_path / "unfinished.npz"
    with pytest.raises(KeyboardInterrupt):
        descend(problem, InterruptedSolver(steps=10), finished, unfinished, "", CPU)
    assert unfinished.exists()
    resumed = descend(problem, Paper(steps=10), finished, unfinished, "", CPU)
    assert np.array_equal(resumed.movie, whole.movie)
    assert [line.step for line in resumed.trace] == list(range(1, 11))
    assert [line.loss for line in resumed.trace] == [line.loss for line in whole.trace]
    assert not unfinished.exists()


def test_a_finished_descent_is_read_back_and_not_repeated(problem, tmp_path):
    files = tmp_path / "finished.npz", tmp_path / "unfinished.npz"
    first = descend(problem, Paper(steps=3), *files, "", CPU)
    again = descend(problem, InterruptedSolver(steps=99), *files, "", CPU)
    assert np.array_equal(first.movie, again.movie)
    assert again.trace == first.trace
    assert again.std is None


def test_a_spread_is_read_back_with_the_movie(tmp_path):
    movie, spread = np.zeros((2, 3, 4), np.float32), np.ones((2, 3, 4), np.float32)
    kept = Solution(movie, (Progress(1, 0.5, 2, 3.0),), 0.5, 2, spread)
    write_result(tmp_path / "movie.npz", kept)
    np.testing.assert_array_equal(read_result(tmp_path / "movie.npz").std, spread)
