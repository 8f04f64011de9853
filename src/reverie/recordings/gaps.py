"""Which values were measured, and gaps inside a signal, such as blinks: long ones make a trial unusable."""

import numpy as np
from jaxtyping import Bool, Float, Num

LONGEST_BRIDGED = 1.0
"""Seconds of a signal that may be missing in one piece; a blink of a mouse lasts a few tenths."""

LARGEST_VALUE = 1e15
"""Largest possible size of a response or signal; larger numbers come from damage, and their squares overflow
float32."""


def measured(values: Num[np.ndarray, "*shape"]) -> Bool[np.ndarray, "*shape"]:
    """Return which values can have been measured: neither NaN nor infinite nor beyond 1e15.

    >>> measured(np.array([1.0, np.nan, np.inf, -1e30])).tolist()
    [True, False, False, False]
    >>> measured(np.array([1.0, np.inf], dtype=np.float16)).tolist()
    [True, False]
    """
    known: np.ndarray = np.abs(values) <= np.float64(LARGEST_VALUE)  # which float16 would take for infinity
    return known


def longest_gap(row: Float[np.ndarray, " time"]) -> int:
    """Return the largest number of consecutive frames that were not measured.

    >>> longest_gap(np.array([1.0, np.nan, np.inf, 2.0, np.nan]))
    2
    """
    edges = np.diff(np.concatenate([[0], (~measured(row)).astype(np.int8), [0]]))
    lengths = np.flatnonzero(edges == -1) - np.flatnonzero(edges == 1)
    return int(lengths.max(initial=0))


def bridged(row: Float[np.ndarray, " time"]) -> Float[np.ndarray, " time"]:
    """Return a signal whose gaps are bridged by straight lines; at an end, the nearest value is held.

    >>> bridged(np.array([np.nan, 1.0, np.nan, 3.0, np.inf])).tolist()
    [1.0, 1.0, 2.0, 3.0, 3.0]
    """
    known = measured(row)
    if known.all() or not known.any():
        return row
    frames = np.arange(len(row))
    return np.asarray(np.interp(frames, frames[known], row[known]), dtype=row.dtype)
