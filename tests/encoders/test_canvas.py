import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from reverie.encoders.canvas import centre_on_canvas, crop_from_canvas
from reverie.foundation.errors import ReverieError


@given(height=st.integers(1, 9), width=st.integers(1, 9), more_rows=st.integers(0, 5), more_columns=st.integers(0, 5))
def test_cropping_undoes_centring(height, width, more_rows, more_columns):
    movie = torch.arange(2.0 * height * width).view(2, height, width)
    on_canvas = centre_on_canvas(movie, (height + more_rows, width + more_columns), -1.0)
    assert on_canvas.shape == (2, height + more_rows, width + more_columns)
    assert (on_canvas == -1.0).sum() == on_canvas.numel() - movie.numel()
    assert torch.equal(crop_from_canvas(on_canvas, (height, width)), movie)


def test_sensorium_movies_take_rows_14_to_50():
    on_canvas = centre_on_canvas(torch.ones(1, 36, 64), (64, 64), 0.0)
    assert on_canvas[0, 14:50].min() == 1
    assert on_canvas.sum() == 36 * 64


def test_a_movie_of_the_canvas_size_is_not_copied():
    movie = torch.ones(3, 4, 5)
    assert centre_on_canvas(movie, (4, 5), 0.0) is movie


def test_a_movie_larger_than_the_canvas_is_refused():
    with pytest.raises(ReverieError, match="does not fit"):
        centre_on_canvas(torch.ones(1, 65, 64), (64, 64), 0.0)
