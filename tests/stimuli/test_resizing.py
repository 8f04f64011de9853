import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reverie.foundation.errors import ReverieError
from reverie.stimuli.resizing import box_weights, resize


@settings(max_examples=30)
@given(st.integers(1, 40), st.integers(1, 40))
def test_box_weights_of_a_whole_axis_keep_the_mean(source: int, target: int):
    weights = box_weights(np.array(0.0), np.array(float(source)), target, source)
    np.testing.assert_allclose(weights.sum(axis=1), 1.0)
    np.testing.assert_allclose(weights.mean(axis=0), 1.0 / source)


def test_the_same_shape_keeps_the_mean_at_a_non_integer_ratio():
    movie = np.random.default_rng(0).uniform(0, 255, (3, 83, 149)).astype(np.float32)
    movie = movie[:, :81, :144]
    small = resize(movie, (36, 64))
    assert small.shape == (3, 36, 64)
    np.testing.assert_allclose(small.mean(axis=(1, 2)), movie.mean(axis=(1, 2)), rtol=1e-5)


def test_an_integer_ratio_is_a_block_mean():
    movie = np.random.default_rng(1).uniform(0, 255, (2, 12, 20)).astype(np.float32)
    blocks = movie.reshape(2, 3, 4, 5, 4).mean(axis=(2, 4))
    np.testing.assert_allclose(resize(movie, (3, 5)), blocks, rtol=1e-5)


def test_a_wide_picture_loses_its_sides_evenly():
    movie = np.zeros((1, 4, 16), dtype=np.float32)
    movie[..., :6] = 255.0
    movie[..., 10:] = 255.0
    assert resize(movie, (4, 4)).max() == 0.0


def test_wide_pixels_make_a_square_picture_wide():
    movie = np.broadcast_to(np.arange(8.0), (1, 8, 8)).copy()
    assert resize(movie, (4, 8), pixel_aspect=2.0).shape == (1, 4, 8)
    np.testing.assert_allclose(resize(movie, (4, 8), pixel_aspect=2.0)[0, 0], np.arange(8.0), atol=1e-6)


def test_no_size_is_refused():
    with pytest.raises(ReverieError, match="sizes >= 1"):
        resize(np.zeros((1, 4, 4)), (0, 4))
