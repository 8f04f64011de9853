"""Finding the cuts in a reconstructed movie. There a cut is blurred over a few frames, since responses outlast it."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float
from numpy.lib.stride_tricks import sliding_window_view
from scipy.ndimage import gaussian_filter1d

from reverie.foundation.arrays import Movie

AVERAGED = 3
"""Frames averaged before and after a possible cut."""

SKIPPED = 1
"""Frames left out on either side of a possible cut, over which it is smeared."""

NEARBY = 40
"""Frames on either side from which the change without a cut is estimated."""

OWN = AVERAGED + SKIPPED + 3
"""Frames on either side in which a cut itself raises the differences."""

BUSIEST = 90
"""Percentile of the changes nearby that a cut must exceed."""

LEAST_EXCESS = 0.2
"""Least excess of a cut over that percentile, as a share of the picture's contrast; see docs/decisions/044."""

LEAST_SHOT_FRAMES = 15
"""Fewest frames between two cuts."""

LEAST_CONTRAST = 8.0
"""Smallest contrast of a picture, grey levels; smaller ones are replaced by it."""

CONTRAST_BLUR = 8.0
"""Gaussian sigma in frames over which the contrast is averaged."""

LEAST_CLIP_FRAMES = 2 * (OWN + AVERAGED + SKIPPED) + 8
"""Fewest frames of a clip; in shorter ones, too few frames surround a cut for a comparison."""


def shots_found(movie: Movie) -> Sequence[int]:
    """Return the first frames of the shots of a reconstruction (time, height, width), the first of which is 0.

    The mean of the three frames before a possible cut is compared with the mean of three frames after it; two frames
    between them are left out. At a cut this change is clearly larger than elsewhere within 40 frames. ``scoring.parts``
    finds cuts in true movies, where everything changes from one frame to the next. Clips
    shorter than ``LEAST_CLIP_FRAMES`` are one shot.

    >>> movie = np.tile(np.linspace(0, 60, 20, dtype=np.float32), (80, 1, 1))
    >>> movie[50:] = movie[50:, :, ::-1]
    >>> shots_found(movie)
    (0, 50)
    """
    if len(movie) < LEAST_CLIP_FRAMES:
        return (0,)
    from scipy.signal import find_peaks  # takes half a second, and most commands do not need it

    change = _change(movie)
    contrast = gaussian_filter1d(movie.std(axis=(1, 2), dtype=np.float64), CONTRAST_BLUR)
    excess = (change - _busiest_nearby(change)) / np.maximum(contrast, LEAST_CONTRAST)
    cuts, _ = find_peaks(np.nan_to_num(excess, nan=-1.0), height=LEAST_EXCESS, distance=LEAST_SHOT_FRAMES)
    return (0, *(int(cut) for cut in cuts))


def _change(movie: Movie) -> Float[np.ndarray, " time"]:
    """Return the root mean square difference between the frames before and after each frame, NaN at both ends."""
    reach = AVERAGED + SKIPPED
    summed = np.cumsum(np.concatenate([np.zeros_like(movie[:1]), movie]), axis=0, dtype=np.float64)
    means = (summed[AVERAGED:] - summed[:-AVERAGED]) / AVERAGED
    later, earlier = means[reach + SKIPPED :], means[: -(reach + SKIPPED)]
    change = np.full(len(movie), np.nan)
    change[reach : reach + len(later)] = np.sqrt(np.square(later - earlier).mean(axis=(1, 2)))
    return change


def _busiest_nearby(change: Float[np.ndarray, " time"]) -> Float[np.ndarray, " time"]:
    """Return the percentile ``BUSIEST`` of the changes near each frame, without the nearest (``OWN``)."""
    windows = sliding_window_view(np.pad(change, NEARBY, constant_values=np.nan), 2 * NEARBY + 1)
    others = np.delete(windows, slice(NEARBY - OWN, NEARBY + OWN + 1), axis=1)
    return np.asarray(np.nanpercentile(others, BUSIEST, axis=1))
