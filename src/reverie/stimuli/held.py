"""Still pictures shown one after the other, each held for a while, as in recordings of answers to images."""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float

from reverie.foundation.arrays import FRAME_RATE, Movie
from reverie.foundation.errors import ReverieError

HELD_SECONDS = 0.5
"""How long a picture stays: that of Sensorium 2022 (Willeke et al. 2022, arXiv 2206.08666)."""

Picture = Float[np.ndarray, "height width"]


def held(
    draw: Callable[[], Picture], frames: int, *, seconds: float = HELD_SECONDS, frame_rate: float = FRAME_RATE
) -> Movie:
    """Show picture after picture, each for so many seconds, without a pause; draw: gives the next one.

    Returns (frames, height, width). Raises ReverieError without frames or time to see a picture.

    >>> grey = iter(range(9))
    >>> held(lambda: np.full((2, 2), float(next(grey))), 40)[:, 0, 0].tolist()[13:17]
    [0.0, 0.0, 1.0, 1.0]
    """
    each = round(seconds * frame_rate)
    if frames < 1 or each < 1:
        raise ReverieError("Pictures need at least 1 frame, and each at least the time of one.")
    pictures = [draw() for _ in range(-(-frames // each))]
    return np.asarray(np.repeat(pictures, each, axis=0)[:frames], dtype=np.float32)
