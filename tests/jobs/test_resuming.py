import numpy as np
import pytest
import torch
from tests.worlds import opened

from reverie.foundation.errors import OutOfTime
from reverie.inversion.methods.paper import Paper
from reverie.inversion.problem import Observation, Problem
from reverie.jobs import resuming
from reverie.jobs.engines.contract import STOP_AT
from reverie.jobs.resuming import solve_or_resume
from reverie.jobs.store import JobFolder, read_solution

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


def test_an_interrupted_search_resumes_to_the_same_bits(problem, tmp_path, monkeypatch):
    monkeypatch.setattr(resuming, "SNAPSHOT_EVERY", 0.0)
    whole = solve_or_resume(problem, Paper(steps=10), JobFolder(tmp_path / "whole"), "", CPU)
    parts = JobFolder(tmp_path / "parts")
    with pytest.raises(KeyboardInterrupt):
        solve_or_resume(problem, InterruptedMethod(steps=10), parts, "", CPU)
    assert parts.unfinished.exists()
    assert not parts.finished.exists()
    resumed = solve_or_resume(problem, Paper(steps=10), parts, "", CPU)
    assert np.array_equal(resumed.movie, whole.movie)
    assert [line.step for line in resumed.trace] == list(range(1, 11))
    assert [line.loss for line in resumed.trace] == [line.loss for line in whole.trace]
    assert not parts.unfinished.exists()


def test_a_finished_search_is_read_back_and_not_repeated(problem, tmp_path):
    first = solve_or_resume(problem, Paper(steps=3), JobFolder(tmp_path), "", CPU)
    again = solve_or_resume(problem, InterruptedMethod(steps=99), JobFolder(tmp_path), "", CPU)
    assert np.array_equal(first.movie, again.movie)
    assert again.trace == first.trace


def test_a_snapshot_is_not_kept_more_often_than_is_useful(problem, tmp_path):
    place = JobFolder(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        solve_or_resume(problem, InterruptedMethod(steps=10), place, "", CPU)
    assert not place.unfinished.exists()  # half a minute had not passed


def test_the_result_is_kept_as_it_is_returned(problem, tmp_path):
    place = JobFolder(tmp_path)
    found = solve_or_resume(problem, Paper(steps=3), place, "a bar", CPU)
    kept = read_solution(place.finished)
    np.testing.assert_array_equal(kept.movie, found.movie)
    assert kept.trace == found.trace
    assert kept.std is None


def test_a_process_that_should_stop_keeps_a_snapshot_and_another_goes_on_to_the_same_bits(
    problem, tmp_path, monkeypatch
):
    whole = solve_or_resume(problem, Paper(steps=4), JobFolder(tmp_path / "whole"), "", CPU)
    place = JobFolder(tmp_path / "parts")
    monkeypatch.setenv(STOP_AT, "1")
    for _ in range(4):  # one step more each time
        with pytest.raises(OutOfTime):
            solve_or_resume(problem, Paper(steps=4), place, "", CPU)
    monkeypatch.delenv(STOP_AT)
    np.testing.assert_array_equal(solve_or_resume(problem, Paper(steps=4), place, "", CPU).movie, whole.movie)
    assert not place.unfinished.exists()
