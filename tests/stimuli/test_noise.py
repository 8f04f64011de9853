import numpy as np
import pytest

from reverie.foundation.errors import ReverieError
from reverie.stimuli.noise import gaussian_noise


def correlation(movie: np.ndarray, axis: int, shift: int) -> float:
    """Correlation of a movie with itself shifted along one axis."""
    first = np.take(movie, range(movie.shape[axis] - shift), axis=axis)
    second = np.take(movie, range(shift, movie.shape[axis]), axis=axis)
    return float(np.corrcoef(first.ravel(), second.ravel())[0, 1])


@pytest.mark.parametrize(("spatial", "temporal"), [(0.0, 0.0), (1.0, 2.0), (2.0, 0.0), (0.0, 3.0)])
def test_autocorrelation_has_the_width_of_the_blur(spatial: float, temporal: float):
    movie = gaussian_noise(
        200, np.random.default_rng(0), frame_size=(40, 40), spatial_sigma=spatial, temporal_sigma=temporal
    )
    for axis, sigma in ((0, temporal), (1, spatial), (2, spatial)):
        for shift in (1, 2, 3):
            expected = np.exp(-(shift**2) / (4 * sigma**2)) if sigma else 0.0
            assert correlation(movie, axis, shift) == pytest.approx(expected, abs=0.04)


def test_grey_mean_and_contrast_hold_up_to_the_borders():
    generator = np.random.default_rng(1)
    movies = np.stack([gaussian_noise(8, generator, frame_size=(8, 8), contrast=30.0) for _ in range(400)])
    assert movies.mean() == pytest.approx(127.5, abs=1.0)
    corner, middle = movies[:, 0, 0, 0].std(), movies[:, 4, 4, 4].std()
    assert corner == pytest.approx(30.0, rel=0.1)
    assert middle == pytest.approx(30.0, rel=0.1)


def test_very_wide_blur_is_nearly_flat_and_within_range():
    movie = gaussian_noise(20, np.random.default_rng(2), spatial_sigma=32.0, temporal_sigma=32.0, contrast=90.0)
    assert np.isfinite(movie).all()
    assert movie.min() >= 0
    assert movie.max() <= 255
    assert np.abs(np.diff(movie, axis=2)).max() < 6


def test_negative_widths_are_refused():
    with pytest.raises(ReverieError, match="at least 0"):
        gaussian_noise(3, np.random.default_rng(0), spatial_sigma=-1.0)
