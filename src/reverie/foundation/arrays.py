"""Types of the arrays that the program works with, named in the field's words, and their grey levels."""

from typing import Any

import numpy as np
from jaxtyping import Float, Int

Movie = Float[np.ndarray, "time height width"]
"""Grey levels 0-255."""

AnyMovie = Float[np.ndarray, "_ _ _"]
"""A movie (time, height, width) whose size need not be that of others beside it."""

State = Float[np.ndarray, "4 time"]
"""Pupil dilation, running speed, pupil x, pupil y, in the recording's own units."""

Responses = Float[np.ndarray, "neuron time"]
"""What was recorded: at least 0, in the recording's own units."""

Rates = Float[np.ndarray, "neuron time"]
"""What an encoder predicts, in the units of the responses."""

Mask = Float[np.ndarray, "height width"]
"""Transparency: how well the population sees a pixel; 0 is not at all, values may pass 1."""

Indices = Int[np.ndarray, " chosen"]
"""Row numbers of neurons."""

GREY = 127.5
"""The blank movie: the middle of the grey levels."""

WHITE = 255.0
"""The brightest grey level; the darkest is 0."""

FRAME_RATE = 30.0
"""Frames per second of the Sensorium 2023 recordings."""

SAME_RATE = 0.01
"""Largest relative difference of frame rates that count as equal: clocks of one laboratory differ by less."""

FRAME_SIZE = (36, 64)
"""Height and width in pixels of the Sensorium 2023 movies."""

DEGREES_PER_PIXEL = 3.4
"""Visual angle of one pixel of the Sensorium 2023 movies at the centre of the screen."""

STATE_NAMES = ("pupil dilation", "running speed", "pupil x", "pupil y")
"""The rows of a state, in order."""

PUPIL, RUNNING, GAZE_X, GAZE_Y = STATE_NAMES


def in_a_row(values: np.ndarray) -> np.ndarray:
    """Return values of one axis where they are a single row or column, as everything is that comes from MATLAB.

    >>> in_a_row(np.zeros((3, 1))).shape, in_a_row(np.zeros((1, 3))).shape, in_a_row(np.zeros((3, 2))).shape
    ((3,), (3,), (3, 2))
    """
    return values.ravel() if values.size == max(values.shape, default=0) else values


def without_mask(values: Any) -> Any:  # noqa: ANN401 - arrays of several libraries
    """Return a masked array as a plain one, NaN where it was masked, and anything else as it is.

    Functions that do not know of masks would take the values below them for measured ones.

    >>> without_mask(np.ma.masked_equal([1, -1, 3], -1))
    array([ 1., nan,  3.])
    """
    if not isinstance(values, np.ma.MaskedArray):
        return values
    if not np.ma.is_masked(values):
        return values.data
    kind = values.dtype if values.dtype.kind == "f" else np.float64
    return np.ma.filled(values.astype(kind), np.nan)
