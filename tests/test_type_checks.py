"""Wrong types and shapes are found in every test, however often a function was called in the tests before."""

import numpy as np
import pytest
from tests.type_checks import EVERY, FIRST

from reverie.scoring.correlation import video_correlation
from reverie.stimuli.leaves import Outline

MOVIE = np.random.default_rng(0).uniform(0, 255, (3, 4, 5)).astype(np.float32)


@pytest.mark.parametrize("before", [0, FIRST - 1, FIRST, EVERY - 1])
def test_the_first_calls_of_each_test_are_checked_and_one_in_many_of_the_others(before):
    for _ in range(before):
        video_correlation(MOVIE, MOVIE)
    if before == FIRST:
        assert video_correlation(MOVIE[0], MOVIE[0]) == pytest.approx(1.0)  # not checked
    else:
        with pytest.raises(TypeError, match="Type-check error"):
            video_correlation(MOVIE[0], MOVIE[0])


def test_fields_are_checked():
    with pytest.raises(TypeError, match="Type-check error"):
        Outline(1.0, 1.0, np.zeros((2, 2)), np.zeros(2))
