"""Values with times, as a user gives them: a pair, or an object of any library that holds both."""

from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np

from reverie.foundation.arrays import in_a_row, without_mask
from reverie.foundation.errors import ReverieError
from reverie.recordings.clocks import paired_times
from reverie.recordings.signals import REAL


@runtime_checkable
class TimedValues(Protocol):
    """Values with times, as pynapple's ``Tsd``, ``TsdFrame`` and ``TsdTensor``."""

    @property
    def t(self) -> Any:  # noqa: ANN401
        """The times, in seconds."""

    @property
    def d(self) -> Any:  # noqa: ANN401
        """The values, one per time along the first axis."""


Timed = TimedValues | tuple[Any, Any]
"""Values with times: an object with ``.t`` and ``.d``, or (times, values)."""


@dataclass(frozen=True)
class _Pair:
    """(times, values) as an object."""

    t: Any
    d: Any


def with_times(given: Any) -> Any:  # noqa: ANN401 - whatever a user gives
    """Return a pair (times, values) as an object with ``.t`` and ``.d``, and anything else as it is."""
    if not (isinstance(given, tuple) and len(given) == 2 and np.ndim(given[0]) == 1):
        return given
    times, values = given
    return _Pair(np.asarray(times), values if hasattr(values, "shape") else np.asarray(values))


def timed(place: str, given: Timed) -> tuple[np.ndarray, Any]:
    """Return times and values of a pair or object; raises ReverieError when they do not belong together."""
    if isinstance(given, TimedValues):
        times, values = given.t, given.d
    elif isinstance(given, tuple | list) and len(given) == 2:
        times, values = given
    else:
        raise ReverieError(f"{place} came without times; give (times, values), or an object with .t and .d.")
    times = in_a_row(np.asarray(without_mask(times)))
    if times.dtype.kind not in REAL:
        raise ReverieError(f"{place} came with times of the type {times.dtype}; give seconds, as numbers.")
    times = times.astype(np.float64)
    values = without_mask(values if hasattr(values, "shape") else np.asarray(values))
    if times.ndim != 1 or len(times) < 2:
        raise ReverieError(f"{place} needs the time of each sample, two at least; got the shape {times.shape}.")
    return paired_times(times, values.shape[0], place), values
