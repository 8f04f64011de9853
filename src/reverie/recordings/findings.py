"""What a survey of recordings finds."""

from dataclasses import dataclass
from pathlib import Path

from reverie.recordings.catalogue import Showing


@dataclass(frozen=True)
class AnimalFindings:
    """What the readable trials of one animal hold.

    trials: by tier. recorded: those of them with responses, by tier. lengths: frames of each trial read. folds: trials
    in each published fold. responses: (5 %, median, 95 %) across neurons of each statistic over time. signals: mean,
    standard deviation and median of the four rows of the state and of the movies.
    """

    name: str
    neurons: int | None
    frame_size: tuple[int, int] | None
    frame_rate: float
    trials: dict[str, int]
    recorded: dict[str, int]
    lengths: tuple[int, ...]
    folds: tuple[int, ...]
    responses: dict[str, tuple[float, float, float]]
    signals: dict[str, tuple[float, float, float]]


@dataclass(frozen=True)
class Leak:
    """Two trials that show nearly the same movie and lie in different published folds."""

    first: Showing
    second: Showing
    folds: tuple[int, int]
    correlation: float


@dataclass(frozen=True)
class Survey:
    """What a folder of recordings holds, and every problem found, in words.

    movies: distinct movies. shared: those seen by several animals. repeated: those seen several times by one.
    """

    folder: Path
    animals: tuple[AnimalFindings, ...]
    movies: int
    shared: int
    repeated: int
    leaks: tuple[Leak, ...]
    problems: tuple[str, ...]
