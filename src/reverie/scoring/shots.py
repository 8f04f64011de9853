"""Finding the cuts of a movie: the frames at which one shot ends and another begins."""

import numpy as np
from jaxtyping import Float

from reverie.foundation.arrays import Movie
from reverie.scoring.correlation import pixels
from reverie.scoring.image_quality import motion_energy
from reverie.scoring.parts import ShotStarts

LEAST_EXCESS = 0.15
"""How far a cut rises above the motion around it, as a share of the picture's contrast; two unrelated pictures differ
by about 1.1 of it."""

ALLOWANCE = 1.25
"""How many times the motion around it a frame may change before the rest counts as excess."""

LEAST_CONTRAST = 8.0
"""Grey levels taken for the contrast of pictures that have less, so that noise on a blank screen is no cut."""

NEIGHBOURHOOD = 15
"""Frames on either side that show how much changes there without a cut (half a second at 30 Hz)."""

SHORTEST = 4
"""Frames a clip needs before one difference can be told from its neighbours."""


def shot_starts(movie: Movie) -> ShotStarts:
    """Return the first frame of every shot, in order, beginning with 0.

    movie: (time, height, width), grey levels. A cut is a frame whose mean absolute difference from the one before
    rises above the differences around it by a good part of the picture's contrast. Fast motion, held frames, flicker
    and noise lift those neighbours too and are no cuts; a fade is none either; a flash of one frame is a shot of its
    own. Differences are compared with the second largest within half a second, so two cuts may lie close together.
    Clips of fewer than four frames show too little around a cut and are one shot.

    >>> movie = np.zeros((40, 4, 4), dtype=np.float32)
    >>> movie[25:] = 200
    >>> shot_starts(movie).tolist()
    [0, 25]
    """
    if len(movie) < SHORTEST:
        return np.zeros(1, dtype=np.intp)
    change = motion_energy(movie).astype(np.float64)
    contrast = pixels(movie, None).std(axis=1, dtype=np.float64)
    contrast = np.maximum((contrast[1:] + contrast[:-1]) / 2, LEAST_CONTRAST)
    cut = change - ALLOWANCE * _second_largest_nearby(change) > LEAST_EXCESS * contrast
    return np.concatenate([[0], np.flatnonzero(cut) + 1])


def _second_largest_nearby(change: Float[np.ndarray, " pair"]) -> Float[np.ndarray, " pair"]:
    padded = np.pad(change, NEIGHBOURHOOD)
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * NEIGHBOURHOOD + 1)
    others = np.delete(windows, NEIGHBOURHOOD, axis=1)
    return np.asarray(np.partition(others, -2, axis=1)[:, -2])
