import numpy as np
import pytest

from reverie.foundation.errors import ReverieError
from reverie.stimuli.sparse import SparsePixel, sparse_movie, sparse_pixels


@pytest.mark.parametrize("bright", [True, False])
def test_one_pixel_turns_on_and_off(bright: bool):
    movie = sparse_movie(SparsePixel(2, 5, bright), frame_size=(6, 8), frame_rate=10.0, seconds=(0.2, 0.3, 0.4))
    different = np.argwhere(movie != 127.5)
    assert movie.shape == (9, 6, 8)
    assert different.tolist() == [[2, 2, 5], [3, 2, 5], [4, 2, 5]]
    assert movie[3, 2, 5] == (255.0 if bright else 0.0)


def test_each_pixel_comes_once_in_each_sign():
    pixels = list(sparse_pixels((3, 4)))
    assert len(set(pixels)) == 24


def test_a_pixel_outside_is_refused():
    with pytest.raises(ReverieError, match="outside"):
        sparse_movie(SparsePixel(36, 0, True))
