import numpy as np
import pytest

from reverie.foundation.errors import ReverieError
from reverie.stimuli.held import held


def test_pictures_stay_and_then_give_way():
    generator = np.random.default_rng(0)
    movie = held(lambda: generator.uniform(0, 255, (4, 6)), 70, seconds=0.8)
    changes = np.flatnonzero(np.abs(np.diff(movie, axis=0)).max(axis=(1, 2)))
    assert movie.shape == (70, 4, 6)
    np.testing.assert_array_equal(changes + 1, [24, 48])


def test_pictures_without_time_are_refused():
    with pytest.raises(ReverieError, match="at least the time of one"):
        held(lambda: np.zeros((2, 2)), 30, seconds=0.001)
