import numpy as np
import torch
from tests.inversion.toys import panned, wandering

from reverie.inversion.priors.scenes import LENGTH, at_size, fit_scenes, path_in

SIZE = (24, 32)


def shots(count, speed=0.6):
    return [(panned(wandering(90, seed, speed), seed, SIZE) - 120) / 40 for seed in range(count)]


def test_scenes_hardly_change_where_only_the_camera_moves():
    moving = shots(6)
    scenes = fit_scenes(moving, SIZE)
    slow, all_of_it = scenes.power[:3].sum(), scenes.power.sum()
    assert slow > 0.9 * all_of_it
    spectra = [np.square(np.fft.rfft(shot, axis=0)).sum(axis=(1, 2)).real for shot in moving]
    assert np.mean([np.abs(spectrum[:2]).sum() / np.abs(spectrum).sum() for spectrum in spectra]) < 0.8


def test_nothing_is_learned_from_moments():
    assert fit_scenes([shot[:10] for shot in shots(3)], SIZE) is None


def test_a_path_is_found_again_in_the_movie():
    scenes, path = fit_scenes(shots(6), SIZE), wandering(90, 50)
    found = path_in(panned(path, 50, SIZE), (0,), scenes)
    assert np.corrcoef(found.ravel(), (path - path.mean(axis=0)).ravel())[0, 1] > 0.97
    two = path_in(np.concatenate([panned(path, 50, SIZE)] * 2), (0, 90), scenes)
    np.testing.assert_allclose(two[:90], found, atol=1e-4)
    np.testing.assert_allclose(two[90:], found, atol=1e-4)


def test_a_spectrum_is_taken_to_any_size():
    power = torch.rand(LENGTH, *SIZE)
    torch.testing.assert_close(at_size(power, (LENGTH, *SIZE)), power)
    assert at_size(power, (50, 30, 40)).shape == (50, 30, 40)
