"""Trials, arrays on the disk and other large things that are read only when they are needed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Literal, Protocol, TypeAlias, TypeVar, overload, runtime_checkable

import numpy as np

from reverie.recordings.trial import Trial

Place = TypeVar("Place")
Thing = TypeVar("Thing")


if TYPE_CHECKING:

    class Things(Sequence[Thing], Generic[Place, Thing]):
        """A sequence of things, for the type checker."""

else:
    # Runtime type checks of a Sequence[Thing] look at a random item, which here would be read from the disk.
    class Things(Sequence, Generic[Place, Thing]):
        """A sequence of things, at run time."""


class Lazily(Things[Place, Thing]):
    """Things that are read from their places whenever they are needed, and never kept; slices read nothing.

    >>> squares = Lazily(lambda number: number**2, [1, 2, 3])
    >>> squares[1], list(squares[1:]), len(squares)
    (4, [4, 9], 3)
    """

    def __init__(self, read: Callable[[Place], Thing], places: Sequence[Place]) -> None:
        self.read = read
        self.places = places

    def __len__(self) -> int:
        """Count them."""
        return len(self.places)

    @overload
    def __getitem__(self, index: int) -> Thing: ...

    @overload
    def __getitem__(self, index: slice) -> "Lazily[Place, Thing]": ...

    def __getitem__(self, index: int | slice) -> "Thing | Lazily[Place, Thing]":
        """Read one, or choose several without reading them."""
        if isinstance(index, slice):
            return Lazily(self.read, self.places[index])
        return self.read(self.places[index])


@dataclass(frozen=True)
class OnDisk:
    """An array on the disk that is memory-mapped again for each part that is read.

    Mapped parts count as memory of the process until the system reclaims them, and hours of responses are gigabytes.
    """

    path: Path
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    offset: int
    order: Literal["C", "F"]

    @classmethod
    def of(cls, mapped: np.ndarray) -> "OnDisk | np.ndarray":
        """Return an array on the disk as an ``OnDisk``, and one in memory unchanged."""
        if not isinstance(mapped, np.memmap) or mapped.filename is None:
            return mapped
        order: Literal["C", "F"] = "C" if mapped.flags.c_contiguous else "F"
        return cls(Path(mapped.filename), mapped.shape, mapped.dtype, mapped.offset, order)

    def __len__(self) -> int:
        """Return the length of its first axis."""
        return self.shape[0]

    def __getitem__(self, key: Any, /) -> np.ndarray:  # noqa: ANN401 - whatever indexes an array
        """Return a part, read into memory."""
        if isinstance(key, slice) and self.order == "C":
            start, stop, step = key.indices(self.shape[0])
            row = int(np.prod(self.shape[1:]))
            if step == 1:  # contiguous on the disk: faster to read than to map
                place, count = self.offset + start * row * self.dtype.itemsize, max(stop - start, 0) * row
                return np.fromfile(self.path, self.dtype, count, offset=place).reshape(-1, *self.shape[1:])
        whole = np.memmap(self.path, self.dtype, "r", self.offset, self.shape, self.order)
        return np.array(whole[key])


LazyTrials: TypeAlias = Lazily[str, Trial]
"""Trials of one recording by name, each read when it is needed."""


@runtime_checkable
class TrialReader(Protocol):
    """Something that holds trials: a ``Recording``."""

    def trial(self, name: str, start: int = 0, stop: int | None = None) -> Trial:
        """Return some frames of a trial."""

    def frames(self, name: str) -> int:
        """Return how many frames a trial lasts; the trial is not read."""


class HeldTrials(Lazily[str, Trial]):
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
        self.places = names
        self.recording = recording
        self.limit = limit
        self.lengths = tuple(recording.frames(name) for name in names)
        self._whole: dict[str, Trial] = {}
        self.kept = 0

    def part(self, index: int, start: int, stop: int) -> Trial:
        """Return some frames of a trial."""
        name = self.places[index]
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
    return list(trials.places) if isinstance(trials, Lazily) else [trial.name for trial in trials]
