"""The default method: what is searched, in which order, and what is made of it."""

import numpy as np
import pytest

from reverie.foundation.errors import ReverieError
from reverie.inversion.methods.combined import LOOSE_TOLERANCE, Combined, combine, weighted_mean
from reverie.inversion.methods.map import Map
from reverie.inversion.solution import Progress, Solution


def test_two_movies_are_weighed_by_a_share():
    movie = np.full((4, 3, 2), 100, np.float32)
    both = weighted_mean(movie, movie + 100, 0.75)
    np.testing.assert_allclose(both, 125)
    assert both.dtype == np.float32


def test_the_trace_of_several_searches_goes_on():
    movie = np.full((4, 3, 2), 100, np.float32)
    first = Solution(movie, (Progress(1, 0.5, 2, 3.0), Progress(2, 1.0, 4, 2.0)), 1.5, 5)
    second = Solution(movie + 40, (Progress(1, 0.25, 3, 9.0),), 0.5, 4)
    both = combine([first, second], movie + 20, movie / 10, movie[0] / 255)
    assert both.trace == (*first.trace, Progress(3, 1.75, 8, 9.0))
    assert (both.seconds, both.passes) == (2.0, 9)
    np.testing.assert_allclose(both.movie, 120)
    np.testing.assert_array_equal(both.std, movie / 10)
    np.testing.assert_array_equal(both.information, movie[0] / 255)


def test_following_takes_a_loose_search_between_the_first_and_the_last():
    usual = Combined(seed=3)
    tolerance = Map().tolerance
    assert usual.searches("sizes", 0) == (usual.search("sizes"),)
    first, second, last = usual.searches("sizes", 2, averaged_over=3)
    assert [one.tolerance for one in (first, second, last)] == [tolerance, LOOSE_TOLERANCE, tolerance]
    # The first two only serve to measure the camera's motion.
    assert [one.averaged_over for one in (first, second, last)] == [0, 0, 3]
    # Afterwards the prior knows the cuts.
    assert [one.find_cuts for one in (first, second, last)] == [True, False, False]


def test_the_search_is_that_of_map():
    assert Combined().search("events") == Map(likelihood="events", draws=0)
    asked = Combined(seed=3, find_cuts=False, blur=2.0).search("sizes")
    assert asked == Map(draws=0, seed=3, find_cuts=False, likelihood="sizes")


@pytest.mark.parametrize(
    "setting",
    [{"map_share": 1.5}, {"map_share": -0.1}, {"follow": -1}, {"follow": 101}, {"blur": -1.0}, {"blur": 101.0}],
)
def test_impossible_settings_are_refused(setting):
    (name,) = setting
    with pytest.raises(ReverieError, match=f"{name} is .* but must be "):
        Combined(**setting)
