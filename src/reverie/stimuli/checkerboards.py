"""White noise as physiologists show it: a new checkerboard at every frame, of two greys or of many."""

import numpy as np

from reverie.foundation.arrays import FRAME_SIZE, GREY, Movie
from reverie.foundation.errors import ReverieError


def checkerboards(
    frames: int,
    generator: np.random.Generator,
    *,
    frame_size: tuple[int, int] = FRAME_SIZE,
    square: int = 4,
    gaussian: bool = False,
    contrast: float = 1.0,
) -> Movie:
    """Draw frames of squares that know nothing of each other (Chichilnisky 2001, Network 12, 199).

    square: their side in pixels; squares at the right and lower edges may be cut. gaussian: greys from a normal
    distribution with a standard deviation of a third of the way to black and white, instead of these two. contrast: 0-1
    around grey 127.5. Returns float32 (frames, *frame_size). Raises ReverieError on impossible settings.

    >>> noise = checkerboards(2, np.random.default_rng(0), square=12)
    >>> noise.shape, sorted(set(noise.ravel().tolist())), len(set(noise[0, :12, :12].ravel().tolist()))
    ((2, 36, 64), [0.0, 255.0], 1)
    """
    if frames < 1 or square < 1 or not 0 <= contrast <= 1:
        raise ReverieError("White noise needs at least 1 frame, squares of at least 1 pixel, and a contrast of 0-1.")
    size = (frames, *(-(-side // square) for side in frame_size))
    if gaussian:
        levels = np.clip(generator.standard_normal(size) / 3.0, -1.0, 1.0)
    else:
        levels = generator.choice([-1.0, 1.0], size)
    whole = np.repeat(np.repeat(levels, square, axis=1), square, axis=2)
    return np.asarray(GREY * (1.0 + contrast * whole[:, : frame_size[0], : frame_size[1]]), dtype=np.float32)
