"""Trials of one recording, each read when it is needed, or kept in memory as far as there is room."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol, TypeAlias, runtime_checkable

from reverie.recordings.lazy_sequence import LazySequence
from reverie.recordings.trial import Trial

LazyTrials: TypeAlias = LazySequence[str, Trial]
"""Trials of one recording by name, each read when it is needed."""


@runtime_checkable
class TrialReader(Protocol):
    """Something that holds trials: a ``Recording``."""

    def trial(self, name: str, start: int = 0, stop: int | None = None) -> Trial:
        """Return some frames of a trial."""

    def frames(self, name: str) -> int:
        """Return how many frames a trial lasts; the trial is not read."""


class HeldTrials(LazySequence[str, Trial]):
    """Trials that are kept once they are read, up to a limit of memory; parts of the others are read each time.

    Parameters
    ----------
    recording
        The recording that trials are read from.
    names
        Names of the trials.
    limit
        Bytes up to which trials are kept.

    Attributes
    ----------
    kept
        Bytes kept so far.
    """

    def __init__(self, recording: TrialReader, names: tuple[str, ...], limit: int) -> None:
        self.keys = names
        self.recording = recording
        self.limit = limit
        self.lengths = tuple(recording.frames(name) for name in names)
        self._whole: dict[str, Trial] = {}
        self.kept = 0

    def part(self, index: int, start: int, stop: int) -> Trial:
        """Return some frames of a trial."""
        name = self.keys[index]
        if name not in self._whole and self.kept >= self.limit:
            return self.recording.trial(name, start, stop)
        return part_of(self[index], start, stop)

    def read(self, name: str) -> Trial:
        """Return a whole trial, from the recording unless it is kept."""
        if name in self._whole:
            return self._whole[name]
        trial = self.recording.trial(name)
        if self.kept < self.limit:
            self._whole[name] = trial
            arrays = (trial.movie, trial.state, trial.responses)
            self.kept += sum(array.nbytes for array in arrays if array is not None)
        return trial


def part_of(trial: Trial, start: int, stop: int) -> Trial:
    """Return some frames of a trial that is in memory."""
    return replace(
        trial,
        movie=None if trial.movie is None else trial.movie[start:stop],
        state=trial.state[:, start:stop],
        responses=None if trial.responses is None else trial.responses[:, start:stop],
        start=trial.start + start / trial.frame_rate,
    )


def read_part(trials: Sequence[Trial], index: int, start: int, stop: int) -> Trial:
    """Return some frames of one of several trials, reading no more than necessary."""
    return trials.part(index, start, stop) if isinstance(trials, HeldTrials) else part_of(trials[index], start, stop)


def lengths_of(trials: Sequence[Trial]) -> tuple[int, ...]:
    """Return the number of frames of each trial, reading no more than necessary."""
    return trials.lengths if isinstance(trials, HeldTrials) else tuple(trial.frames for trial in trials)


def names_of(trials: Sequence[Trial]) -> list[str]:
    """Return the names of trials, reading no more than necessary."""
    return list(trials.keys) if isinstance(trials, LazySequence) else [trial.name for trial in trials]
