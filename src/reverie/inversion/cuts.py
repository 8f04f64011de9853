"""Where a movie found from responses was cut: responses outlast a cut, so it shows as a blurred jump."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float
from numpy.lib.stride_tricks import sliding_window_view
from scipy.ndimage import gaussian_filter1d

from reverie.foundation.arrays import Movie

AVERAGED = 3
"""Frames averaged before and after a possible cut."""

SKIPPED = 1
"""Frames left out on either side of it, over which the cut is smeared."""

NEARBY = 40
"""Frames on either side that show how much changes there without a cut."""

OWN = AVERAGED + SKIPPED + 3
"""Frames on either side over which a cut itself lifts the differences."""

BUSIEST = 90
"""Percentile of the changes nearby that a cut must rise above."""

LEAST_EXCESS = 0.2
"""How far it must, as a share of the picture's contrast; see docs/decisions/044."""

APART = 15
"""Frames between two cuts."""

LEAST_CONTRAST = 8.0
"""Grey levels taken for the contrast of pictures that have less."""

CONTRAST_BLUR = 8.0
"""Gaussian sigma in frames over which the contrast is averaged."""

SHORTEST = 2 * (OWN + AVERAGED + SKIPPED) + 8
"""Frames of a clip below which there is too little around a cut to compare it with."""


def shots_found(movie: Movie) -> Sequence[int]:
    """Return the first frames of the shots of a reconstruction (time, height, width), the first of which is 0.

    A cut is where the picture changes from three frames to three others, two between them left out, by clearly more
    than anywhere else within 40 frames. Unlike ``scoring.parts``, which looks for cuts in true movies, it does
    without a single frame at which everything changes. Clips shorter than ``SHORTEST`` are one shot.

    >>> movie = np.tile(np.linspace(0, 60, 20, dtype=np.float32), (80, 1, 1))
    >>> movie[50:] = movie[50:, :, ::-1]
    >>> shots_found(movie)
    (0, 50)
    """
    if len(movie) < SHORTEST:
        return (0,)
    from scipy.signal import find_peaks  # half a second, which most commands have no use for

    change = _change(movie)
    contrast = gaussian_filter1d(movie.std(axis=(1, 2), dtype=np.float64), CONTRAST_BLUR)
    excess = (change - _busiest_nearby(change)) / np.maximum(contrast, LEAST_CONTRAST)
    cuts, _ = find_peaks(np.nan_to_num(excess, nan=-1.0), height=LEAST_EXCESS, distance=APART)
    return (0, *(int(cut) for cut in cuts))


def _change(movie: Movie) -> Float[np.ndarray, " time"]:
    """Return the root mean square difference between what comes before and after each frame, NaN at both ends."""
    reach = AVERAGED + SKIPPED
    summed = np.cumsum(np.concatenate([np.zeros_like(movie[:1]), movie]), axis=0, dtype=np.float64)
    means = (summed[AVERAGED:] - summed[:-AVERAGED]) / AVERAGED
    later, earlier = means[reach + SKIPPED :], means[: -(reach + SKIPPED)]
    change = np.full(len(movie), np.nan)
    change[reach : reach + len(later)] = np.sqrt(np.square(later - earlier).mean(axis=(1, 2)))
    return change


def _busiest_nearby(change: Float[np.ndarray, " time"]) -> Float[np.ndarray, " time"]:
    """Return the percentile ``BUSIEST`` of the changes near each frame, without those that are its own."""
    windows = sliding_window_view(np.pad(change, NEARBY, constant_values=np.nan), 2 * NEARBY + 1)
    others = np.delete(windows, slice(NEARBY - OWN, NEARBY + OWN + 1), axis=1)
    return np.asarray(np.nanpercentile(others, BUSIEST, axis=1))
