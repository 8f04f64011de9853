import numpy as np
import torch
from tests.inversion.toys import panned, wandering

from reverie.inversion.priors.scenes import LENGTH, Camera, at_size, fit_scenes, path_in

PATH = torch.tensor([[0.0, 0.0], [0.5, -2.0], [-1.25, -4.5], [3.0, 1.0]])
SIZE = (8, 10)


def drawn(*size):
    return torch.randn(*size, generator=torch.Generator().manual_seed(0))


def test_contents_move_along_the_path():
    camera = Camera.along(PATH, SIZE)
    rows, columns = (torch.arange(float(length)) for length in camera.scene_size)
    # Bilinear interpolation is exact on a slope, so that what is seen tells where the camera looks.
    slope = (2 * rows[:, None] + 3 * columns[None]).expand(4, *camera.scene_size)
    seen = camera.see(slope)
    moved = (seen - seen[:1])[:, 4, 5]
    torch.testing.assert_close(moved, -(2 * PATH[:, 0] + 3 * PATH[:, 1]), rtol=1e-4, atol=1e-3)


def test_every_pixel_lies_within_the_scene():
    camera = Camera.along(PATH, SIZE)
    ones = torch.ones(4, *camera.scene_size)
    torch.testing.assert_close(camera.see(ones), torch.ones(4, *SIZE))


def test_spreading_out_is_the_transpose_of_seeing():
    camera = Camera.along(PATH, SIZE)
    scene, picture = drawn(4, *camera.scene_size), drawn(4, *SIZE)
    torch.testing.assert_close((camera.see(scene) * picture).sum(), (scene * camera.spread_out(picture)).sum())


def test_whole_pixels_are_copied():
    camera = Camera.along(torch.tensor([[0.0, 0.0], [0.0, 3.0]]), SIZE)
    scene = drawn(1, *camera.scene_size).expand(2, -1, -1)
    first, second = camera.see(scene)
    np.testing.assert_allclose(second[:, 3:], first[:, :-3], atol=1e-4)


SCREEN = (24, 32)


def shots(count, speed=0.6):
    return [(panned(wandering(90, seed, speed), seed, SCREEN) - 120) / 40 for seed in range(count)]


def test_scenes_hardly_change_where_only_the_camera_moves():
    moving = shots(6)
    scenes = fit_scenes(moving, SCREEN)
    slow, all_of_it = scenes.power[:3].sum(), scenes.power.sum()
    assert slow > 0.9 * all_of_it
    spectra = [np.square(np.fft.rfft(shot, axis=0)).sum(axis=(1, 2)).real for shot in moving]
    assert np.mean([np.abs(spectrum[:2]).sum() / np.abs(spectrum).sum() for spectrum in spectra]) < 0.8


def test_nothing_is_learned_from_moments():
    assert fit_scenes([shot[:10] for shot in shots(3)], SCREEN) is None


def test_nothing_is_learned_from_frames_of_a_few_pixels():
    for size in ((1, 1), (2, 3), (3, 4)):
        assert fit_scenes([np.zeros((60, *size), np.float32)], size) is None


def test_a_path_is_found_again_in_the_movie():
    scenes, path = fit_scenes(shots(6), SCREEN), wandering(90, 50)
    found = path_in(panned(path, 50, SCREEN), (0,), scenes)
    assert np.corrcoef(found.ravel(), (path - path.mean(axis=0)).ravel())[0, 1] > 0.97
    two = path_in(np.concatenate([panned(path, 50, SCREEN)] * 2), (0, 90), scenes)
    np.testing.assert_allclose(two[:90], found, atol=1e-4)
    np.testing.assert_allclose(two[90:], found, atol=1e-4)


def test_a_spectrum_is_taken_to_any_size():
    power = torch.rand(LENGTH, *SCREEN)
    torch.testing.assert_close(at_size(power, (LENGTH, *SCREEN)), power)
    assert at_size(power, (50, 30, 40)).shape == (50, 30, 40)
