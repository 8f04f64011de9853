import numpy as np
import torch

from reverie.inversion.priors.camera import Camera

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
