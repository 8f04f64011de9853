"""The two nouns of a recording: one trial, and all trials of one animal."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from reverie.foundation.arrays import Movie, Responses, State


@dataclass(frozen=True)
class Trial:
    """One movie shown once to one animal; padding already cut, all arrays equally long and finite.

    movie: (time, height, width), grey levels 0-255. state: (4, time). responses: (neuron, time), or None where the
    recording holds none (test tiers). tier: the recording's own split, such as "train" or "oracle".
    """

    name: str
    tier: str
    movie: Movie
    state: State
    responses: Responses | None

    @property
    def frames(self) -> int:
        """How many frames the trial lasts."""
        return int(self.movie.shape[0])


@runtime_checkable
class Recording(Protocol):
    """All trials of one animal."""

    @property
    def name(self) -> str:
        """The animal's name."""

    @property
    def neurons(self) -> int:
        """How many neurons were recorded."""

    @property
    def frame_rate(self) -> float:
        """Frames per second."""

    @property
    def tiers(self) -> dict[str, str]:
        """The tier of each trial, by trial name, in recorded order."""

    def trial(self, name: str) -> Trial:
        """Return one trial; raises ReverieError when there is none of that name."""

    def trials(self, split: str) -> Sequence[Trial]:
        """Return the trials of one tier (read when asked for), in recorded order."""
