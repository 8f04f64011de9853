"""What a method returns: the movie it found, and the trace of how it was found."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from reverie.foundation.arrays import Mask, Movie


@dataclass(frozen=True)
class Progress:
    """One line of a trace: the progress of a method."""

    step: int
    """Number of steps taken, 1 after the first."""
    seconds: float
    """Seconds since the start."""
    passes: int
    """Windows of 32 frames sent through an encoder, forward and back, since the start."""
    loss: float
    """Negative log likelihood plus prior. For `paper`: of the movie before the step, averaged over windows and
    observations. For `map`: of the movie after the step, summed over all responses."""


def trace_rows(trace: Sequence[Progress]) -> Float[np.ndarray, "line 4"]:
    """Return a trace as numbers, a row per step: step, seconds, passes, loss."""
    return np.array([(line.step, line.seconds, line.passes, line.loss) for line in trace]).reshape(-1, 4)


def trace_of(rows: Float[np.ndarray, "line 4"]) -> tuple[Progress, ...]:
    """Return a trace from the rows of ``trace_rows``.

    >>> trace_of(np.array([[1.0, 0.5, 35.0, 2.25]]))
    (Progress(step=1, seconds=0.5, passes=35, loss=2.25),)
    """
    return tuple(Progress(int(row[0]), row[1], int(row[2]), row[3]) for row in rows.tolist())


Observer = Callable[[Progress, Movie], None]
"""Called after each step with the progress and the current movie (time, height, width)."""


def ignore(progress: Progress, movie: Movie) -> None:
    """Do nothing with the progress."""


@dataclass(frozen=True)
class Solution:
    """The movie that a method found, and how it was found."""

    movie: Movie
    """(time, height, width), grey levels 0-255."""
    trace: tuple[Progress, ...]
    """The progress at every step."""
    seconds: float
    """Duration in seconds."""
    passes: int
    """Windows of 32 frames sent through an encoder, forward and back."""
    std: Movie | None = None
    """Standard deviation (time, height, width), grey levels: of the posterior where the method draws from it, of errors
    where they were learned, over models where several were averaged, or of both kinds together."""
    information: Mask | None = None
    """Share of the prior's variance, 0 to 1, that the responses removed at each pixel (height, width), where it is
    known without ``std``."""
