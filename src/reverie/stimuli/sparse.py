"""Single bright and dark pixels on grey, to map receptive fields in silico (Bauer et al. 2026, Methods)."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from reverie.foundation.arrays import FRAME_RATE, FRAME_SIZE, GREY, WHITE, Movie
from reverie.foundation.errors import ReverieError


@dataclass(frozen=True)
class SparsePixel:
    """One pixel of the frame that turns bright or dark for a while; row and column count from the top left."""

    row: int
    column: int
    bright: bool


def sparse_movie(
    pixel: SparsePixel,
    *,
    frame_size: tuple[int, int] = FRAME_SIZE,
    frame_rate: float = FRAME_RATE,
    seconds: tuple[float, float, float] = (0.5, 0.5, 0.5),
) -> Movie:
    """Return grey, then grey with one white or black pixel, then grey again, for the three times given.

    Returns float32 (time, *frame_size). Raises ReverieError when the pixel lies outside the frame.

    >>> movie = sparse_movie(SparsePixel(3, 4, bright=True))
    >>> movie.shape, float(movie[20, 3, 4]), float(movie[40, 3, 4])
    ((45, 36, 64), 255.0, 127.5)
    """
    if not (0 <= pixel.row < frame_size[0] and 0 <= pixel.column < frame_size[1]):
        raise ReverieError(f"{pixel} lies outside a frame of {frame_size}; choose one inside.")
    before, on, after = (round(duration * frame_rate) for duration in seconds)
    movie = np.full((before + on + after, *frame_size), GREY, dtype=np.float32)
    movie[before : before + on, pixel.row, pixel.column] = WHITE if pixel.bright else 0.0
    return movie


def sparse_pixels(frame_size: tuple[int, int] = FRAME_SIZE) -> Iterator[SparsePixel]:
    """Yield every pixel of the frame, bright and then dark, row by row.

    >>> len(list(sparse_pixels((2, 3))))
    12
    """
    for row in range(frame_size[0]):
        for column in range(frame_size[1]):
            yield SparsePixel(row, column, bright=True)
            yield SparsePixel(row, column, bright=False)
