import numpy as np
import pytest
import torch
from tests.worlds import opened

from reverie.foundation.errors import OutOfTime, ReverieError
from reverie.inversion.methods.paper import Paper
from reverie.inversion.problem import Observation, Problem, Progress, Solution
from reverie.jobs import store
from reverie.jobs.engines.contract import STOP_AT
from reverie.jobs.store import JobFolder, Store, descend, read_solution, write_solution

MOVIE = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
TRACE = (Progress(1, 0.5, 2, 3.0), Progress(2, 0.75, 4, 2.0))


@pytest.mark.parametrize("std", [None, np.ones((2, 3, 4), np.float32)])
def test_a_solution_is_read_back_as_it_was(tmp_path, std):
    write_solution(tmp_path / "movie.npz", Solution(MOVIE, TRACE, 0.75, 4, std))
    again = read_solution(tmp_path / "movie.npz")
    np.testing.assert_array_equal(again.movie, MOVIE)
    assert (again.trace, again.seconds, again.passes) == (TRACE, 0.75, 4)
    assert (again.std is None) == (std is None)
    if std is not None:
        np.testing.assert_array_equal(again.std, std)


def test_results_are_found_by_their_fingerprints_in_the_order_asked_for(tmp_path):
    store = Store(tmp_path)
    for name, level in (("aa", 1.0), ("bb", 2.0)):
        write_solution(store.place(name).finished, Solution(np.full_like(MOVIE, level), TRACE, 0.75, 4))
    assert [solution.movie.mean() for solution in store.read(["bb", "aa", "bb"])] == [2.0, 1.0, 2.0]
    assert store.place("aa").folder == tmp_path / "aa"
    assert store.place("aa").finished != store.place("aa").unfinished
    with pytest.raises(ReverieError, match=r"cc/movie\.npz is missing"):
        store.read(["cc"])


CPU = torch.device("cpu")


@pytest.fixture
def problem(unspoilt_tiny_world):
    session = opened(unspoilt_tiny_world)
    trial, (encoder,) = session.recordings["alpha"].trial("1"), session.encoders.values()
    return Problem((Observation(encoder, "alpha", torch.tensor(trial.state), torch.tensor(trial.responses)),))


class InterruptedMethod(Paper):
    """The user presses ctrl-C in the middle of step 7."""

    def step(self, problem, state):
        if state.step == 6:
            raise KeyboardInterrupt
        return super().step(problem, state)


def test_an_interrupted_descent_goes_on_to_the_same_bits(problem, tmp_path, monkeypatch):
    monkeypatch.setattr(store, "KEEP_EVERY", 0.0)
    whole = descend(problem, Paper(steps=10), JobFolder(tmp_path / "whole"), "", CPU)
    parts = JobFolder(tmp_path / "parts")
    with pytest.raises(KeyboardInterrupt):
        descend(problem, InterruptedMethod(steps=10), parts, "", CPU)
    assert parts.unfinished.exists()
    assert not parts.finished.exists()
    resumed = descend(problem, Paper(steps=10), parts, "", CPU)
    assert np.array_equal(resumed.movie, whole.movie)
    assert [line.step for line in resumed.trace] == list(range(1, 11))
    assert [line.loss for line in resumed.trace] == [line.loss for line in whole.trace]
    assert not parts.unfinished.exists()


def test_a_finished_descent_is_read_back_and_not_repeated(problem, tmp_path):
    first = descend(problem, Paper(steps=3), JobFolder(tmp_path), "", CPU)
    again = descend(problem, InterruptedMethod(steps=99), JobFolder(tmp_path), "", CPU)
    assert np.array_equal(first.movie, again.movie)
    assert again.trace == first.trace


def test_a_snapshot_is_not_kept_more_often_than_is_useful(problem, tmp_path):
    place = JobFolder(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        descend(problem, InterruptedMethod(steps=10), place, "", CPU)
    assert not place.unfinished.exists()  # half a minute had not passed


def test_the_result_is_kept_as_it_is_returned(problem, tmp_path):
    place = JobFolder(tmp_path)
    found = descend(problem, Paper(steps=3), place, "a bar", CPU)
    kept = read_solution(place.finished)
    np.testing.assert_array_equal(kept.movie, found.movie)
    assert kept.trace == found.trace
    assert kept.std is None


def test_a_process_that_should_stop_keeps_a_snapshot_and_another_goes_on_to_the_same_bits(
    problem, tmp_path, monkeypatch
):
    whole = descend(problem, Paper(steps=4), JobFolder(tmp_path / "whole"), "", CPU)
    place = JobFolder(tmp_path / "parts")
    monkeypatch.setenv(STOP_AT, "1")
    for _ in range(4):  # one step more each time
        with pytest.raises(OutOfTime):
            descend(problem, Paper(steps=4), place, "", CPU)
    monkeypatch.delenv(STOP_AT)
    np.testing.assert_array_equal(descend(problem, Paper(steps=4), place, "", CPU).movie, whole.movie)
    assert not place.unfinished.exists()
