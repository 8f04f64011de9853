"""Drifting gratings, square or sine wave (Bauer et al. 2026, synthetic stimuli)."""

from typing import Literal

import numpy as np

from reverie.foundation.arrays import DEGREES_PER_PIXEL, FRAME_RATE, FRAME_SIZE, GREY, Movie
from reverie.foundation.errors import ReverieError


def drifting_grating(
    frames: int,
    *,
    direction: float,
    cycles_per_degree: float,
    hertz: float,
    wave: Literal["square", "sine"] = "square",
    contrast: float = 1.0,
    phase: float = 0.0,
    frame_size: tuple[int, int] = FRAME_SIZE,
    frame_rate: float = FRAME_RATE,
    degrees_per_pixel: float = DEGREES_PER_PIXEL,
) -> Movie:
    """Return a grating that drifts across the whole frame.

    direction: of motion, degrees; 0 to the right, 90 downwards. cycles_per_degree: spatial frequency in visual angle.
    hertz: temporal frequency. contrast: 0 to 1 around grey 127.5. phase: in cycles. Returns float32
    (frames, *frame_size). Raises ReverieError on impossible settings.

    >>> movie = drifting_grating(30, direction=0.0, cycles_per_degree=0.05, hertz=2.0)
    >>> movie.shape, float(movie.min()), float(movie.max())
    ((30, 36, 64), 0.0, 255.0)
    """
    if frames < 1 or not 0 <= contrast <= 1 or min(cycles_per_degree, hertz) < 0 or frame_rate <= 0:
        raise ReverieError("A grating needs frames >= 1, contrast 0-1, frequencies >= 0 and a frame rate > 0.")
    angle = np.deg2rad(direction)
    rows = np.arange(frame_size[0])[:, None] * np.sin(angle)
    columns = np.arange(frame_size[1])[None, :] * np.cos(angle)
    place = (rows + columns) * degrees_per_pixel * cycles_per_degree
    time = np.arange(frames)[:, None, None] / frame_rate
    cycles = place[None] - hertz * time + phase
    if wave == "sine":
        level = np.sin(2 * np.pi * cycles)
    else:
        # Rounding keeps bars even where the edge falls on a pixel exactly.
        level = np.where(np.mod(np.round(cycles, 9), 1.0) < 0.5, 1.0, -1.0)
    return np.asarray(GREY * (1.0 + contrast * level), dtype=np.float32)
