"""What a reader of a format returns: the arrays of each trial as they are stored, unchecked.

``Recording`` checks, cuts, rescales and leaves out, in the same way for every format.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol, TypeVar, runtime_checkable

import numpy as np

from reverie.foundation.errors import ReverieError, reading_foreign
from reverie.foundation.progress import say_broken

Member = TypeVar("Member")
Part = TypeVar("Part")

SAMPLED_ROWS = 16
"""Number of evenly spaced rows that represent an array too large to be read in full."""


@runtime_checkable
class Series(Protocol):
    """Rows over time, such as the responses to one trial; read when they are needed."""

    @property
    def place(self) -> str:
        """Where it lies: a file, or a path inside one, for messages."""

    @property
    def shape(self) -> tuple[int, ...]:
        """(row, time) as stored, padding included."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of its numbers."""

    def length(self) -> int:
        """Return how many frames it lasts, padding left out."""

    @property
    def marks_padding(self) -> bool:
        """Whether padding, if there is any, can be distinguished from values."""

    def read(self, start: int, stop: int) -> np.ndarray:
        """Return some frames of it, (row, time); may be a view of a file."""

    def sample(self) -> np.ndarray:
        """Return a representative part that is cheap to read: some rows, or some frames."""


@dataclass(frozen=True)
class StoredSeries:
    """Rows over time in one array on disk or in memory, one trial an array; NaN at the end is padding."""

    place: str
    values: np.ndarray

    @property
    def shape(self) -> tuple[int, ...]:
        """(row, time)."""
        return self.values.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of its numbers."""
        return self.values.dtype

    def length(self) -> int:
        """Return the length up to the last frame in which at least half of some rows are not NaN.

        Of rows with NaN throughout nobody knows where they end; a few others may be filled up with zeros.
        """
        if not self.marks_padding:
            return int(self.values.shape[-1])
        known = ~np.isnan(self.sample())
        known = known[known.any(axis=1)]
        kept = np.flatnonzero(known.any(axis=0) & (2 * known.sum(axis=0) >= len(known)))
        return int(kept[-1]) + 1 if kept.size else 0

    @property
    def marks_padding(self) -> bool:
        """Whether it holds floating-point numbers; integers have no NaN."""
        return self.values.dtype.kind == "f"

    def read(self, start: int, stop: int) -> np.ndarray:
        """Return some frames, (row, time)."""
        part: np.ndarray = self.values[..., start:stop]
        return part

    def sample(self) -> np.ndarray:
        """Return some rows, which are contiguous on the disk, while a frame is spread over the whole file."""
        rows = np.linspace(0, len(self.values) - 1, min(SAMPLED_ROWS, len(self.values))).round().astype(int)
        part: np.ndarray = self.values[rows]
        return part


@runtime_checkable
class SlicedArray(Protocol):
    """An array that is read by slices: a memory map, a data set in a file, a decoded video."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Its axes in the order they are stored."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of its numbers."""

    def __getitem__(self, key: Any, /) -> Any:  # noqa: ANN401 - arrays of several libraries
        """Return a part."""


@dataclass(frozen=True)
class Footage:
    """A movie as it is stored."""

    place: str
    """Where it lies, for messages."""
    values: SlicedArray
    """The pictures."""
    axes: str = "auto"
    """The order of the axes, such as "height,width,time"; "auto" where the file leaves it open."""
    frames: np.ndarray | None = None
    """Which of the stored frames were shown, in order; None for all of them."""
    averaged: float = 1.0
    """How many pixels of the movie as shown were averaged into one as it was decoded, down and across alike."""


class Source(ABC):
    """One animal's recording in one format. What is read may raise ReverieError; opening one reads little.

    A format says what differs from an ordinary recording: one that keeps no times, tiers or names of movies.

    Attributes
    ----------
    name, place
        Whose recording it is, and where it lies.
    frame_rate
        Frames per second.
    trials
        The names of all trials there may be, in recorded order.
    notes
        What was done to the data in reading, in sentences for the user.
    origins
        ``Recording.identity`` of the recordings from which its trials were read before it was made of them.
    """

    name: str
    place: Path
    frame_rate: float
    trials: tuple[str, ...]
    notes: tuple[str, ...] = ()
    origins: frozenset[str] = frozenset()

    @abstractmethod
    def movie(self, name: str) -> Footage | None:
        """Return what a trial showed, None where nothing was."""

    @abstractmethod
    def responses(self, name: str) -> Series | None:
        """Return the responses to a trial, None where there are none."""

    @abstractmethod
    def signals(self, name: str) -> Mapping[str, Series | ReverieError]:
        """Return those of ``STATE_NAMES`` that exist, (1, time) each; for one that cannot be read, the error."""

    @cached_property
    def degrees_per_pixel(self) -> float | None:
        """Visual angle of one pixel of the movies as shown; None where it is not known."""
        return None

    def tiers(self) -> Mapping[str, str]:
        """Return the file's own word for each trial; empty where it has none."""
        return {}

    def clip(self, name: str) -> str | None:
        """Return the file's own name for what a trial showed, the same for each showing; None where it has none."""
        return None

    def start(self, name: str) -> float:
        """Return when a trial began, in seconds on the recording's own clock; 0 where it keeps none."""
        return 0.0

    def listed_neurons(self) -> int | None:
        """Return how many neurons the recording lists, for those without any responses; None where it does not say."""
        return None

    def problems(self, neurons: int) -> Iterable[str]:
        """Return sentences on files that do not fit together, though nothing is lost by it."""
        return ()


def read_signal(offered: Series | ReverieError) -> Series:
    """Return a signal that a source offers; where it offers the reason why the signal cannot be read, raise it."""
    if isinstance(offered, ReverieError):
        raise offered
    return offered


def read_members(members: Mapping[str, Member], read: Callable[[Member], Part]) -> list[Part]:
    """Read each member of a recording, such as a plane; a broken one is left out with a message.

    Parameters
    ----------
    members
        Members by the place where each lies, for messages.
    read
        Reads one member; may raise anything.

    Raises
    ------
    ReverieError
        When all are broken.
    """
    kept, broken = [], []
    for place, member in members.items():
        try:
            with reading_foreign(place):
                kept.append(read(member))
        except ReverieError as error:
            broken.append(error)
    say_broken(broken, kept, "Left out of the recording")
    return kept
