"""Gaps inside a signal, such as blinks: short ones are bridged, longer ones make a trial unusable."""

from typing import Final

import numpy as np
from jaxtyping import Float

LONGEST_BRIDGED: Final = 1.0
"""Seconds of a signal that may be missing in one piece; a blink of a mouse lasts a few tenths."""


def longest_gap(row: Float[np.ndarray, " time"]) -> int:
    """Return how many frames in a row are NaN or infinite, at most.

    >>> longest_gap(np.array([1.0, np.nan, np.inf, 2.0, np.nan]))
    2
    """
    edges = np.diff(np.concatenate([[0], (~np.isfinite(row)).astype(np.int8), [0]]))
    lengths = np.flatnonzero(edges == -1) - np.flatnonzero(edges == 1)
    return int(lengths.max(initial=0))


def bridged(row: Float[np.ndarray, " time"]) -> Float[np.ndarray, " time"]:
    """Return a signal whose gaps are bridged by straight lines; at an end, the nearest value is held.

    >>> bridged(np.array([np.nan, 1.0, np.nan, 3.0, np.inf])).tolist()
    [1.0, 1.0, 2.0, 3.0, 3.0]
    """
    finite = np.isfinite(row)
    if finite.all() or not finite.any():
        return row
    frames = np.arange(len(row))
    return np.asarray(np.interp(frames, frames[finite], row[finite]), dtype=row.dtype)
