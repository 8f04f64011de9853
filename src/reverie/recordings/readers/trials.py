"""Trials that are at hand already, cut and on one clock: drawn by a simulation, or made by the user's own code."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from reverie.foundation.arrays import STATE_NAMES
from reverie.foundation.errors import ReverieError
from reverie.recordings.source import Footage, StoredSeries, require_folder_name
from reverie.recordings.trial import Trial


class TrialsSource:
    """The trials of one animal, held in memory or read by whoever made the sequence.

    Raises ReverieError when there are none, two have one name or are at different frame rates, or a name cannot be that
    of a folder.
    """

    format = "trials"
    unit = ""
    notes: tuple[str, ...] = ()

    def __init__(self, name: str, trials: Sequence[Trial], degrees_per_pixel: float | None = None) -> None:
        self.name = require_folder_name(name)
        self.place = Path(name)
        self.degrees_per_pixel = degrees_per_pixel
        self._held = {trial.name: trial for trial in trials}
        if not self._held or len(self._held) < len(trials):
            raise ReverieError(f"{name} needs at least one trial, and each a name of its own.")
        for trial in self._held:
            require_folder_name(trial)
        if len(rates := {trial.frame_rate for trial in trials}) > 1:
            raise ReverieError(f"The trials of {name} have several frame rates ({sorted(rates)}); bring them to one.")
        self.trials = tuple(self._held)
        self.frame_rate = trials[0].frame_rate

    def tiers(self) -> Mapping[str, str]:
        """Return the tier of each trial."""
        return {name: trial.tier for name, trial in self._held.items()}

    def movie(self, name: str) -> Footage | None:
        """Return the movie of a trial."""
        movie = self._held[name].movie
        return None if movie is None else Footage(self._place(name, "movie"), movie, "time,height,width")

    def clip(self, name: str) -> str | None:
        """Return None: trials do not say which movies are the same."""
        return None

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

    def listed_neurons(self) -> int | None:
        """Return None: without responses nothing is known of the neurons."""
        return None

    def problems(self, neurons: int) -> Iterable[str]:
        """Return nothing: there are no files."""
        return ()

    def _place(self, name: str, what: str) -> str:
        return f"The {what} of {self.name}, trial {name},"
