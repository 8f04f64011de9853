"""Recordings from Python: trials that are already cut and on one clock."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from math import inf, isfinite
from pathlib import Path
from typing import Any

import numpy as np

from reverie.foundation.arrays import STATE_NAMES, without_mask
from reverie.foundation.errors import ReverieError
from reverie.recordings.source import Footage, Source, StoredSeries
from reverie.recordings.trial import Trial

LONGEST_NAME = 200
"""Longest name, bytes; file systems allow 255, of which temporary names during writing need some."""


class TrialsSource(Source):
    """The trials of one animal, held in memory or read by what is given.

    Raises ReverieError when there are none, two have the same name or different frame rates, a name cannot be a
    folder's, or a rate, a time or an angle is not possible.
    """

    def __init__(self, name: str, trials: Iterable[Trial], degrees_per_pixel: float | None = None) -> None:
        self.name = require_folder_name(name)
        self.place = Path(name)
        self.degrees_per_pixel = require_degrees(degrees_per_pixel)
        given = list(trials)
        self._held = {trial.name: _with_arrays(trial, name) for trial in given}
        if not self._held or len(self._held) < len(given):
            raise ReverieError(f"{name} needs at least one trial, and each a name of its own.")
        for trial in self._held:
            require_folder_name(trial)
        if len(rates := {trial.frame_rate for trial in self._held.values()}) > 1:
            raise ReverieError(f"The trials of {name} have several frame rates ({sorted(rates)}); bring them to one.")
        self.trials = tuple(self._held)
        (self.frame_rate,) = rates
        self.origins = frozenset(trial.recording for trial in self._held.values() if trial.recording is not None)

    def tiers(self) -> Mapping[str, str]:
        """Return the tier of each trial."""
        return {name: trial.tier for name, trial in self._held.items()}

    def movie(self, name: str) -> Footage | None:
        """Return the movie of a trial."""
        movie = self._held[name].movie
        return None if movie is None else Footage(self._place(name, "movie"), movie, "time,height,width")

    def responses(self, name: str) -> StoredSeries | None:
        """Return the responses to a trial."""
        responses = self._held[name].responses
        return None if responses is None else StoredSeries(self._place(name, "responses"), responses)

    def signals(self, name: str) -> Mapping[str, StoredSeries]:
        """Return the rows of the state that are not NaN throughout."""
        state = self._held[name].state
        rows = {signal: state[row : row + 1] for row, signal in enumerate(STATE_NAMES)}
        return {
            signal: StoredSeries(self._place(name, signal), row)
            for signal, row in rows.items()
            if not np.isnan(row).all()
        }

    def start(self, name: str) -> float:
        """Return when a trial began."""
        return self._held[name].start

    def _place(self, name: str, what: str) -> str:
        return f"The {what} of {self.name}, trial {name},"


def _with_arrays(trial: Trial, animal: str) -> Trial:
    """Return a trial of arrays and plain numbers; objects that read their array on access stay as they are.

    Raises ReverieError when the state does not have a row for each signal.
    """
    given = {what: without_mask(getattr(trial, what)) for what in ("movie", "state", "responses")}
    made: dict[str, Any] = {
        what: one if one is None or isinstance(getattr(one, "dtype", None), np.dtype) else np.asarray(one)
        for what, one in given.items()
    }
    if np.ndim(made["state"]) != 2 or len(made["state"]) != len(STATE_NAMES):
        raise ReverieError(
            f"The state of {animal}, trial {trial.name}, has the shape {np.shape(made['state'])}, where (4, time) was "
            f"expected: {', '.join(STATE_NAMES)}, NaN where a signal was not recorded."
        )
    start, rate = float(trial.start), float(trial.frame_rate)
    if not (isfinite(start) and 0 < rate < inf and isinstance(trial.tier, str)):
        raise ReverieError(
            f"Trial {trial.name} of {animal} has the tier {trial.tier!r}, the frame rate {rate:g} and the start "
            f"{start:g}; a word such as 'train', a number above 0 and a number of seconds were expected."
        )
    return replace(trial, **made, start=start, frame_rate=rate)


def require_degrees(degrees: Any) -> float | None:  # noqa: ANN401 - whatever a user gives
    """Return the visual angle of a pixel as given in Python; raises ReverieError when it cannot be one."""
    if degrees is not None and not (_is_number(degrees) and 0 < degrees < inf):
        raise ReverieError(f"degrees_per_pixel is {degrees!r} but must be a number above 0.")
    return None if degrees is None else float(degrees)


def _is_number(given: Any) -> bool:  # noqa: ANN401
    return np.ndim(given) == 0 and np.asarray(given).dtype.kind in "fiu"


def require_folder_name(name: object) -> str:
    """Return the name of an animal or a trial; raises ReverieError when it cannot name its folder in a run."""
    if not isinstance(name, str) or name in ("", "..") or Path(name).name != name or not name.isprintable():
        raise ReverieError(f"Animals and trials have names that can be those of folders, but {name!r} was given.")
    if len(name.encode()) > LONGEST_NAME:
        raise ReverieError(f"Names of folders have {LONGEST_NAME} bytes at most, but {name!r} has more; shorten it.")
    return name
