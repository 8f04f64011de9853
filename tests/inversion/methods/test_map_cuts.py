from dataclasses import replace

import numpy as np
import pytest
from tests.inversion.toys import SIZE, SpotEncoder, observe, problem, shown, smooth_movie

from reverie.foundation.errors import ReverieError
from reverie.foundation.files import read_npz, write_npz
from reverie.inversion.methods.map import Map
from reverie.inversion.priors.gaussian import fit_prior
from reverie.inversion.solve import Snapshot, solve

SEARCH = Map(draws=0)
"""The movie alone: its standard deviation costs as much again."""


def correlation(found, truth):
    return np.corrcoef(found.ravel(), truth.ravel())[0, 1]


def shots(seed, *lengths):
    """Slow shots one after the other."""
    return np.concatenate(
        [smooth_movie(frames, SIZE, 1000 * seed + place, 8.0) for place, frames in enumerate(lengths)]
    )


@pytest.fixture(scope="module")
def of_shots():
    movies = [shots(seed, 40 + seed, 60, 80 - seed) for seed in range(1, 13)]
    return fit_prior(list(map(shown, movies)))


def test_cuts_are_found_and_make_the_movie_better(of_shots):
    truth = shots(31, 70, 50, 60)
    asked = replace(problem(observe(SpotEncoder(150, history=4), truth, noisy=True)), prior=of_shots)
    kept, exact = [], replace(SEARCH, tolerance=1e-4)
    found = solve(asked, exact, keep=kept.append)
    assert kept[-1].state.starts == (0, 70, 120)
    told = replace(asked, prior=of_shots.cut([0, 70, 120]))
    ignorant, knowing = (solve(one, replace(exact, find_cuts=False)).movie for one in (asked, told))
    assert correlation(found.movie, truth) > correlation(ignorant, truth) + 0.005
    assert correlation(found.movie, truth) == pytest.approx(correlation(knowing, truth), abs=0.002)


def test_a_movie_without_cuts_is_found_as_if_nobody_had_looked(of_shots):
    asked = replace(problem(observe(SpotEncoder(150, history=4), shots(32, 120), noisy=True)), prior=of_shots)
    kept = []
    looked = solve(asked, SEARCH, keep=kept.append)
    assert kept[-1].state.starts == (0,)
    np.testing.assert_array_equal(looked.movie, solve(asked, replace(SEARCH, find_cuts=False)).movie)


def test_a_search_resumed_before_or_after_its_cuts_is_the_same_to_the_bit(of_shots, tmp_path):
    asked = replace(problem(observe(SpotEncoder(150, history=4), shots(31, 70, 50, 60), noisy=True)), prior=of_shots)
    solver, kept = Map(draws=1, averaged_over=2), []
    whole = solve(asked, solver, keep=kept.append)
    for place in (1, len(kept) - 2):
        write_npz(tmp_path / "kept.npz", kept[place].to_arrays())
        snapshot = Snapshot.from_arrays(read_npz(tmp_path / "kept.npz"), solver.restore)
        resumed = solve(asked, solver, resume=snapshot)
        np.testing.assert_array_equal(resumed.movie, whole.movie)
        np.testing.assert_array_equal(resumed.std, whole.std)


def test_a_prior_that_knows_no_scenes_is_told_of_no_path(of_shots):
    with pytest.raises(ReverieError, match="has no scenes"):
        of_shots.following([0], np.zeros((120, 2), np.float32))
