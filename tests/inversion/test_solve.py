from dataclasses import replace

import numpy as np
import pytest
import torch
from tests.inversion.toys import FRAMES, SIZE, SpotEncoder, observe, problem, smooth_movie

from reverie.foundation.errors import ReverieError
from reverie.foundation.files import read_npz, write_npz
from reverie.inversion.methods.paper import Paper
from reverie.inversion.solve import Snapshot, solve

QUICK = Paper(steps=12, window=16, stride=8, learning_rate=300.0)


@pytest.fixture(scope="module")
def asked():
    return problem(observe(SpotEncoder(history=4), smooth_movie(), noisy=True))


def correlation(found, truth, region):
    return np.corrcoef(found[:, region].ravel(), truth[:, region].ravel())[0, 1]


def test_settings_of_torch_do_not_change_the_result(asked):
    usual = solve(asked, QUICK).movie
    with torch.no_grad():
        np.testing.assert_array_equal(solve(asked, QUICK).movie, usual)
    with torch.inference_mode():
        np.testing.assert_array_equal(solve(asked, QUICK).movie, usual)


@pytest.mark.parametrize("stride", [8, 16])
def test_a_perfect_encoder_without_noise_gives_the_movie_back(stride):
    truth = smooth_movie()
    asked = problem(observe(SpotEncoder(150, history=4), truth))
    region = np.zeros(SIZE, bool)
    region[1:-1, 1:-1] = True
    solver = Paper(steps=200, window=16, stride=stride, learning_rate=300.0)
    assert correlation(solve(asked, solver).movie, truth, region) > 0.95


def test_more_neurons_tell_more():
    truth, region = smooth_movie(), np.ones(SIZE, bool)
    asked = problem(observe(SpotEncoder(150), truth, noisy=True))
    (observation,) = asked.observations
    few = replace(asked, observations=(replace(observation, neurons=torch.arange(0, 150, 10)),))
    solver = replace(QUICK, steps=60)
    scores = [correlation(solve(each, solver).movie, truth, region) for each in (few, asked)]
    assert scores[1] > scores[0] + 0.1


def test_a_resumed_run_is_the_uninterrupted_one_to_the_bit(asked, tmp_path):
    kept = {}
    whole = solve(asked, QUICK, keep=lambda snapshot: kept.__setitem__(snapshot.state.step, snapshot))
    assert sorted(kept) == [*range(1, 13)]
    for step in (1, 5, 12):
        write_npz(tmp_path / "snapshot.npz", kept[step].to_arrays())
        resumed = solve(asked, QUICK, resume=Snapshot.from_arrays(read_npz(tmp_path / "snapshot.npz"), QUICK.restore))
        np.testing.assert_array_equal(resumed.movie, whole.movie)
        assert [line.loss for line in resumed.trace] == [line.loss for line in whole.trace]
        assert resumed.passes == whole.passes
        assert resumed.seconds >= kept[step].trace[-1].seconds


def test_the_trace_counts_steps_seconds_and_passes(asked):
    seen = []
    result = solve(asked, QUICK, observe=lambda progress, movie: seen.append((progress, movie)))
    assert [line.step for line in result.trace] == [*range(1, 13)]
    assert [line.passes for line in result.trace] == [6 * step for step in range(1, 13)]
    assert all(later.seconds >= line.seconds for line, later in zip(result.trace, result.trace[1:], strict=False))
    assert result.trace[-1].loss < result.trace[0].loss
    assert [progress for progress, _ in seen] == list(result.trace)
    np.testing.assert_array_equal(seen[-1][1], result.movie)
    assert not np.array_equal(seen[-2][1], seen[-1][1])


def test_starting_from_the_truth_begins_with_a_smaller_loss(asked):
    from_truth = solve(asked, QUICK, start=smooth_movie())
    assert from_truth.trace[0].loss < solve(asked, QUICK).trace[0].loss


def test_the_movie_is_of_the_frame(asked):
    movie = solve(asked, replace(QUICK, steps=1)).movie
    assert movie.shape == (FRAMES, *SIZE)
    assert movie.dtype == np.float32


def test_a_snapshot_of_something_else_is_refused(asked):
    kept = []
    solve(asked, replace(QUICK, steps=3), keep=kept.append)
    shorter = problem(observe(SpotEncoder(history=4), smooth_movie(FRAMES - 5)))
    for other, solver, start in (
        (shorter, QUICK, None),
        (asked, replace(QUICK, steps=2), None),
        (asked, QUICK, smooth_movie()),
    ):
        with pytest.raises(ReverieError, match="not of this reconstruction"):
            solve(other, solver, start=start, resume=kept[-1])


def test_a_damaged_snapshot_is_refused(asked):
    kept = []
    solve(asked, replace(QUICK, steps=1), keep=kept.append)
    arrays = kept[0].to_arrays()
    del arrays["momentum"]
    with pytest.raises(ReverieError, match="incomplete"):
        Snapshot.from_arrays(arrays, QUICK.restore)


def test_double_precision_and_read_only_arrays_are_welcome(asked):
    (observation,) = asked.observations
    mask = np.ones(SIZE)
    mask.setflags(write=False)
    start = smooth_movie(seed=3)
    start.setflags(write=False)
    double = replace(observation, state=observation.state.double(), responses=observation.responses.double())
    found = solve(replace(asked, observations=(double,)), replace(QUICK, mask=mask), start=start)
    np.testing.assert_array_equal(found.movie, solve(asked, QUICK, start=smooth_movie(seed=3)).movie)
