import numpy as np
import pytest

from reverie.foundation.errors import ReverieError
from reverie.stimuli.synthetic import (
    drifting_grating,
    gaussian_noise,
    half_power_frequency,
    in_the_middle,
    inverted,
    pink_noise,
)


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


def test_a_small_movie_is_shown_in_the_middle_of_a_grey_screen():
    small = gaussian_noise(5, np.random.default_rng(0), frame_size=(36, 36))
    shown = in_the_middle(small)
    assert shown.shape == (5, 36, 64)
    np.testing.assert_array_equal(shown[:, :, 14:50], small)
    assert (shown[:, :, :14] == 127.5).all()
    assert (shown[:, :, 50:] == 127.5).all()
    with pytest.raises(ReverieError, match="does not fit"):
        in_the_middle(small, (30, 64))


def test_inverting_turns_the_contrast_around_and_twice_does_nothing():
    movie = gaussian_noise(5, np.random.default_rng(0))
    np.testing.assert_allclose(inverted(movie) - 127.5, -(movie - 127.5), atol=1e-4)
    np.testing.assert_allclose(inverted(inverted(movie)), movie, atol=1e-4)


def test_power_is_halved_at_the_frequency_given():
    sigma = 3.0
    lines = np.concatenate(
        [
            gaussian_noise(
                200, np.random.default_rng(seed), frame_size=(1, 128), spatial_sigma=sigma, temporal_sigma=0.0
            )
            for seed in range(20)
        ]
    )
    power = (np.abs(np.fft.rfft(lines[:, 0] - 127.5, axis=1)) ** 2).mean(axis=0)
    half = np.interp(half_power_frequency(sigma, 1.0), np.fft.rfftfreq(128), power)
    assert half / power[1:3].mean() == pytest.approx(0.5, abs=0.06)
    assert half_power_frequency(0.0, 3.4) == float("inf")


def test_pink_noise_has_power_everywhere_and_about_as_much_in_every_octave():
    movie = pink_noise(240, np.random.default_rng(0), frame_size=(40, 40))
    assert movie.std() == pytest.approx(50, rel=0.15)
    # Further apart, in space or time, pixels differ more, and at no distance do they stop doing so.
    for axis, shifts in ((0, (1, 4, 16)), (1, (1, 3, 9))):
        near, far, further = (correlation(movie, axis, shift) for shift in shifts)
        assert 0.95 > near > far > further
    power = np.abs(np.fft.rfft(movie - movie.mean(), axis=0)).mean((1, 2)) ** 2
    octaves = [power[low : 2 * low].sum() for low in (8, 16, 32)]
    assert max(octaves) < 2 * min(octaves)
    again = pink_noise(240, np.random.default_rng(0), frame_size=(40, 40))
    np.testing.assert_array_equal(again, movie)
    with pytest.raises(ReverieError, match="at least 1 frame"):
        pink_noise(0, np.random.default_rng(0))


@pytest.mark.parametrize("wave", ["square", "sine"])
@pytest.mark.parametrize(("direction", "sign"), [(0.0, 1), (180.0, -1)])
def test_frequencies_and_direction_by_fourier_transform(wave: str, direction: float, sign: int):
    # 4 cycles across 64 pixels and 6 cycles in 60 frames fall on exact bins.
    movie = drifting_grating(
        60, direction=direction, cycles_per_degree=4 / (64 * 2.0), hertz=3.0, wave=wave, degrees_per_pixel=2.0
    )
    spectrum = np.abs(np.fft.fft2(movie[:, 0, :] - movie[:, 0, :].mean()))
    time, space = np.unravel_index(spectrum[:30].argmax(), (30, 64))
    frequency = np.fft.fftfreq(64)[space] * 64
    assert time == 6
    assert frequency == pytest.approx(-4 * sign)


def test_vertical_motion_moves_rows():
    movie = drifting_grating(10, direction=90.0, cycles_per_degree=0.05, hertz=2.0)
    np.testing.assert_allclose(movie, np.broadcast_to(movie[:, :, :1], movie.shape), atol=1e-3)
    assert np.abs(np.diff(movie, axis=1)).max() == 255


def test_standing_still():
    movie = drifting_grating(5, direction=30.0, cycles_per_degree=0.04, hertz=0.0, wave="sine")
    np.testing.assert_array_equal(movie[0], movie[-1])


def test_a_negative_frequency_is_refused():
    with pytest.raises(ReverieError, match="frequencies"):
        drifting_grating(5, direction=0.0, cycles_per_degree=0.04, hertz=-1.0)
