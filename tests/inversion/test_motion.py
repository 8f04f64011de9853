import numpy as np
import pytest
import torch
from tests.inversion.toys import panned, wandering

from reverie.inversion.motion import path_of, path_power, sample, shots_of, smoothed_path, translations

PICTURES = torch.randn(3, 6, 9, generator=torch.Generator().manual_seed(0))
ROWS, COLUMNS = (torch.arange(float(length)).expand(3, length) for length in (6, 9))


@pytest.mark.parametrize("mode", ["bilinear", "bicubic"])
def test_at_its_pixels_a_picture_is_itself_and_beyond_them_its_edge(mode):
    torch.testing.assert_close(sample(PICTURES, ROWS, COLUMNS, mode), PICTURES, rtol=1e-4, atol=1e-5)
    beyond = sample(PICTURES, ROWS - 20, COLUMNS, mode)
    torch.testing.assert_close(beyond, PICTURES[:, :1].expand(3, 6, 9), rtol=1e-4, atol=1e-5)


def test_between_pixels_a_slope_goes_on():
    slope = (2 * ROWS[:, :, None] + 5 * COLUMNS[:, None, :]).contiguous()
    found = sample(slope, ROWS[:, :4] + 0.25, COLUMNS[:, :7] + 0.5, "bilinear")
    torch.testing.assert_close(found, slope[:, :4, :7] + 0.5 + 2.5)


@pytest.mark.parametrize("by", [(0.0, 0.0), (0.4, -0.7), (-1.3, 2.6), (2.8, 4.9)])
def test_translations_are_found_to_a_tenth_of_a_pixel(by):
    first, second = panned([(0.0, 0.0), by])
    np.testing.assert_allclose(translations(first[None], second[None])[0], by, atol=0.06)


@pytest.mark.parametrize("lag", [1, 3])
def test_paths_are_found(lag):
    path = wandering(60)
    found = path_of(panned(path), lag)
    assert np.ptp(path, axis=0).min() > 2
    np.testing.assert_allclose(found, path - path[0], atol=0.5 if lag == 1 else 1.0)


def test_a_still_picture_and_short_shots_stay_where_they_are():
    np.testing.assert_array_equal(path_of(np.full((20, 24, 32), 7, np.float32), 3), np.zeros((20, 2)))
    assert path_of(panned([(0, 0)]), 3).shape == (1, 2)
    assert path_of(panned([(0, 0), (0, 1)]), 3).shape == (2, 2)


def test_smoothing_takes_errors_away_and_leaves_a_path_measured_without():
    paths = [wandering(80, seed) for seed in range(30)]
    power = path_power(paths[:-1], 80)
    path, errors = paths[-1], 0.3 * np.random.default_rng(1).standard_normal((80, 2))
    centred = path - path.mean(axis=0)
    noisy = path + np.cumsum(errors, axis=0)
    before = np.abs(np.diff(noisy - path, axis=0)).mean()
    after = np.abs(np.diff(smoothed_path(noisy, power, 0.3) - centred, axis=0)).mean()
    assert after < 0.6 * before
    np.testing.assert_allclose(smoothed_path(path, power, 1e-4), centred, atol=0.05)


def test_shots_are_cut_at_their_starts():
    assert [len(shot) for shot in shots_of(np.zeros((10, 2, 2), np.float32), (0, 3, 9))] == [3, 6, 1]
