"""Centring a frame on the larger canvas some encoders work on, and cutting it out again."""

from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from reverie.foundation.errors import ReverieError


def frame_corner(frame_size: tuple[int, int], canvas: tuple[int, int]) -> tuple[int, int]:
    """Return the row and column of the canvas at which a centred frame starts.

    Raises ReverieError when the frame is larger than the canvas.

    >>> frame_corner((36, 64), (64, 64))
    (14, 0)
    """
    if frame_size[0] > canvas[0] or frame_size[1] > canvas[1]:
        raise ReverieError(
            f"A movie of {frame_size[0]} x {frame_size[1]} pixels does not fit the encoder's canvas of "
            f"{canvas[0]} x {canvas[1]}; make the movie smaller or choose another encoder."
        )
    return (canvas[0] - frame_size[0]) // 2, (canvas[1] - frame_size[1]) // 2


def centre_on_canvas(
    movie: Float[Tensor, "*lead height width"], canvas: tuple[int, int], value: float
) -> Float[Tensor, "*lead tall wide"]:
    """Centre frames on a canvas whose other pixels hold ``value``; a movie of the canvas's size is returned as it is.

    Raises ReverieError when the frame is larger than the canvas.
    """
    height, width = movie.shape[-2:]
    if (height, width) == canvas:
        return movie
    top, left = frame_corner((height, width), canvas)
    margins = (left, canvas[1] - width - left, top, canvas[0] - height - top)
    return functional.pad(movie, margins, value=value)


def crop_from_canvas(
    movie: Float[Tensor, "*lead tall wide"], frame_size: tuple[int, int]
) -> Float[Tensor, "*lead height width"]:
    """Cut the centred frame out of a canvas: the inverse of ``centre_on_canvas``; a view, no copy."""
    height, width = frame_size
    top, left = frame_corner(frame_size, (movie.shape[-2], movie.shape[-1]))
    return movie[..., top : top + height, left : left + width]
