import numpy as np
import pytest

from reverie.foundation.errors import ReverieError
from reverie.stimuli.naturalistic import naturalistic_movie, texture


def test_levels_motion_and_cuts_resemble_real_movies():
    generator = np.random.default_rng(0)
    movie = np.concatenate([naturalistic_movie(300, generator) for _ in range(4)])
    motion = np.abs(np.diff(movie, axis=0)).mean(axis=(1, 2))
    cuts = np.count_nonzero(motion > 25)
    assert movie.dtype == np.float32
    assert movie.min() >= 0
    assert movie.max() <= 255
    assert 75 < movie.mean() < 115
    assert 50 < movie.std() < 65
    assert 8 <= cuts <= 24
    assert 0.5 < np.median(motion) < 8


def test_textures_have_the_spectrum_asked_for():
    generator = np.random.default_rng(0)
    power = np.mean(
        [np.abs(np.fft.fft(texture((64, 64), 1.2, generator), axis=1)) ** 2 for _ in range(50)], axis=(0, 1)
    )
    # Summing a 2-D power spectrum 1/f^2.4 over the other axis leaves about 1/f^1.4 along this one.
    slope = np.polyfit(np.log(np.arange(2, 12)), np.log(power[2:12]), 1)[0]
    assert slope == pytest.approx(-1.4, abs=0.3)


def test_the_seed_decides():
    first, again, other = (naturalistic_movie(40, np.random.default_rng(seed)) for seed in (3, 3, 4))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 1


def test_any_frame_size_and_length():
    assert naturalistic_movie(7, np.random.default_rng(0), frame_size=(12, 20)).shape == (7, 12, 20)
    with pytest.raises(ReverieError, match="at least 1 frame"):
        naturalistic_movie(0, np.random.default_rng(0))
