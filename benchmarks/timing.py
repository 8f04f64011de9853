"""Timing things side by side: in turns, so that whatever else the machine does meets all of them alike."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Timing:
    """How long one thing took in each round: seconds on the clock, and seconds of processor time."""

    clock: tuple[float, ...]
    processor: tuple[float, ...]

    @property
    def typical(self) -> float:
        """The median on the clock."""
        return float(np.median(self.clock))

    def times(self, factor: float | int) -> "Timing":
        """Return what so many of the same would take."""
        return Timing(tuple(factor * each for each in self.clock), tuple(factor * each for each in self.processor))

    def plus(self, other: "Timing") -> "Timing":
        """Return what both would take, one after the other, round by round."""
        clock = tuple(a + b for a, b in zip(self.clock, other.clock, strict=True))
        return Timing(clock, tuple(a + b for a, b in zip(self.processor, other.processor, strict=True)))


@dataclass(frozen=True)
class Ratio:
    """How many times longer one thing takes than another: median, lowest and highest over rounds.

    processor: the median of the ratios of processor time, which other work on the machine disturbs less.
    """

    typical: float
    lowest: float
    highest: float
    processor: float

    def __str__(self) -> str:
        return f"{self.typical:.1f} ({self.lowest:.1f}-{self.highest:.1f})"


def in_turns(candidates: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, Timing]:
    """Time each candidate once a round, after a first round that does not count."""
    clock: dict[str, list[float]] = {name: [] for name in candidates}
    processor: dict[str, list[float]] = {name: [] for name in candidates}
    for number in range(rounds + 1):
        for name, run in candidates.items():
            began, worked = time.perf_counter(), time.process_time()
            run()
            if number:
                clock[name].append(time.perf_counter() - began)
                processor[name].append(time.process_time() - worked)
    return {name: Timing(tuple(clock[name]), tuple(processor[name])) for name in candidates}


def ratio(slow: Timing, fast: Timing) -> Ratio:
    """Return how many times longer ``slow`` took, round by round.

    >>> str(ratio(Timing((2.0, 6.0, 4.0), (2.0, 2.0, 2.0)), Timing((1.0, 2.0, 2.0), (1.0, 1.0, 1.0))))
    '2.0 (2.0-3.0)'
    """
    rounds = np.divide(slow.clock, fast.clock)
    processor = np.median(np.divide(slow.processor, fast.processor))
    return Ratio(float(np.median(rounds)), float(rounds.min()), float(rounds.max()), float(processor))
