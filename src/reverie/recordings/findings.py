"""What a survey of recordings finds."""

from dataclasses import dataclass
from pathlib import Path

from reverie.recordings.catalogue import Showing


@dataclass(frozen=True)
class AnimalFindings:
    """What the trials of one animal hold.

    Attributes
    ----------
    name, neurons, frame_size, degrees_per_pixel, frame_rate
        As in ``Recording``; the frame size is None where no movie was shown.
    response_kind
        Counts, events or traces.
    recorded_signals
        Which of pupil and running there are.
    trials
        Trials that can be used, by tier.
    recorded
        Those of them with responses, by tier.
    read
        How many trials were read for what follows.
    lengths
        Frames of each trial.
    folds
        Trials in each published fold.
    responses
        5 %, median and 95 % across neurons of each statistic over time.
    signals
        Mean, standard deviation and median of the recorded signals and of the movies.
    """

    name: str
    neurons: int
    response_kind: str
    frame_size: tuple[int, int] | None
    degrees_per_pixel: float | None
    frame_rate: float
    recorded_signals: tuple[str, ...]
    trials: dict[str, int]
    recorded: dict[str, int]
    read: int
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
    """What there is at a path, and every problem found, in words.

    Attributes
    ----------
    folder
        The path.
    format
        How it was read.
    refusals
        Why it was not read in other ways, by format.
    animals
        What each holds.
    movies, shared, repeated
        Distinct movies among the trials read; those seen by several animals, and several times by one.
    leaks
        Near-duplicates in different published folds.
    problems
        What is odd or broken, and what was done about it.
    candidates
        Where a file cannot be read as it is: what is in it, and which options choose among that.
    """

    folder: Path
    format: str
    refusals: dict[str, str]
    animals: tuple[AnimalFindings, ...]
    movies: int
    shared: int
    repeated: int
    leaks: tuple[Leak, ...]
    problems: tuple[str, ...]
    candidates: tuple[str, ...] = ()
