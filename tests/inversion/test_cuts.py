import numpy as np
import pytest
from scipy.ndimage import gaussian_filter, gaussian_filter1d
from tests.inversion.toys import SIZE, smooth_movie

from reverie.inversion.cuts import LEAST_CLIP_FRAMES, shots_found


def blurred_shots(lengths, seed=0, slowness=10.0, blur=2.0):
    """Shots one after the other, smeared over time as movies found from responses are."""
    shots = [smooth_movie(length, SIZE, seed + place, slowness) for place, length in enumerate(lengths)]
    return gaussian_filter1d(np.concatenate(shots), blur, axis=0)


@pytest.mark.parametrize("seed", range(5))
def test_smeared_cuts_are_found_to_the_frame(seed):
    found = shots_found(blurred_shots((70, 90, 60), seed * 10))
    assert len(found) == 3
    np.testing.assert_allclose(found, (0, 70, 160), atol=1)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("speed", [0.3, 1.0])
def test_a_moving_camera_is_no_cut(seed, speed):
    scene = gaussian_filter(np.random.default_rng(seed).standard_normal((40, 800)), 3)
    places = np.rint(np.arange(200) * speed).astype(int)
    movie = np.stack([scene[:, place : place + 64] for place in places]) / scene.std() * 45 + 127
    assert shots_found(gaussian_filter1d(movie.astype(np.float32), 2.0, axis=0)) == (0,)


def test_neither_brightness_nor_contrast_matters():
    movie = blurred_shots((70, 90, 60))
    np.testing.assert_array_equal(shots_found(0.4 * movie + 60), shots_found(movie))


def test_a_grey_screen_and_noise_on_it_have_no_cuts():
    assert shots_found(np.full((100, *SIZE), 127, np.float32)) == (0,)
    noise = np.random.default_rng(0).normal(127, 1, (100, *SIZE)).astype(np.float32)
    assert shots_found(noise) == (0,)


@pytest.mark.parametrize("frames", [1, 2, LEAST_CLIP_FRAMES - 1, LEAST_CLIP_FRAMES])
def test_short_clips_are_one_shot_or_looked_at_without_complaint(frames):
    assert shots_found(smooth_movie(frames, SIZE, 0, 10.0))[0] == 0
