from itertools import pairwise

import numpy as np
import pytest

from reverie.foundation.errors import ReverieError
from reverie.stimuli.naturalistic import naturalistic_movie


@pytest.fixture
def movies(natural_movies: np.ndarray) -> list[np.ndarray]:
    return list(natural_movies)


def test_grey_levels_are_those_of_the_real_movies(movies: list[np.ndarray]):
    # Real: mean 80, standard deviation 57, median 70.
    greys = np.concatenate(movies)
    assert greys.dtype == np.float32
    assert greys.min() >= 0
    assert greys.max() <= 255
    assert greys.mean() == pytest.approx(80, abs=10)
    assert greys.std() == pytest.approx(57, abs=7)
    assert np.median(greys) == pytest.approx(70, abs=10)


def test_shots_last_as_long_as_in_the_real_movies_and_move(movies: list[np.ndarray]):
    motion = np.array([np.abs(np.diff(movie, axis=0)).mean(axis=(1, 2)) for movie in movies])
    before, at, after = motion[:, :-2], motion[:, 1:-1], motion[:, 2:]
    cuts = np.count_nonzero(at > 3 * np.maximum(before, after))
    # A median shot of 3.3 s, and few of more than 8 s, make two to three cuts in 10 s.
    assert 1.5 * len(movies) < cuts < 3.0 * len(movies)
    assert 0.5 < np.median(motion) < 8


def test_each_shot_has_its_own_brightness_and_contrast(movies: list[np.ndarray]):
    brightness = np.concatenate([movie[::60].mean(axis=(1, 2)) for movie in movies])
    contrast = np.concatenate([movie[::60].std(axis=(1, 2)) for movie in movies])
    assert 25 < brightness.std() < 45
    assert 10 < contrast.std() < 30
    within = np.mean([np.abs(np.diff(movie.mean(axis=(1, 2)))).mean() for movie in movies])
    assert 0.05 < within < 3


def test_spectra_fall_as_those_of_natural_scenes(movies: list[np.ndarray]):
    frames = np.concatenate([movie[::30] for movie in movies])
    window = np.hanning(36)[:, None] * np.hanning(64)
    power = (np.abs(np.fft.fft2((frames - frames.mean(axis=(1, 2), keepdims=True)) * window)) ** 2).mean(axis=0)
    cycles = np.hypot(np.fft.fftfreq(36)[:, None], np.fft.fftfreq(64)[None])
    bands = [0.04, 0.07, 0.12, 0.2, 0.35]
    means = [power[(cycles >= low) & (cycles < high)].mean() for low, high in pairwise(bands)]
    slope = np.polyfit(np.log(np.sqrt(np.multiply(bands[1:], bands[:-1]))), np.log(means), 1)[0]
    # About 1/f² for the scene itself; averaging over pixels and frames between them makes it steeper.
    assert -3.4 < slope < -2.2


def test_the_seed_decides():
    first, again, other = (naturalistic_movie(40, np.random.default_rng(seed)) for seed in (3, 3, 4))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 1


def test_any_frame_size_and_length():
    assert naturalistic_movie(7, np.random.default_rng(0), frame_size=(12, 20)).shape == (7, 12, 20)
    with pytest.raises(ReverieError, match="at least 1 frame"):
        naturalistic_movie(0, np.random.default_rng(0))
