"""What a survey of recordings finds, and the same as aligned text for the terminal."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from reverie.foundation.errors import counted
from reverie.recordings.near_duplicates import ShownTrial

SHOWN_LEAKS = 20
"""More pairs than this are only counted."""


@dataclass(frozen=True)
class AnimalFindings:
    """What the trials of one animal hold; what is not documented here is as in ``Recording``."""

    name: str
    neurons: int
    response_kind: str
    """Counts, events or traces."""
    frame_size: tuple[int, int] | None
    """None where no movie was shown."""
    degrees_per_pixel: float | None
    frame_rate: float
    recorded_signals: tuple[str, ...]
    """Which of pupil and running there are."""
    trials: dict[str, int]
    """Trials that can be used, by tier."""
    recorded: dict[str, int]
    """Those of them with responses, by tier."""
    read: int
    """How many trials were read for what follows."""
    lengths: tuple[int, ...]
    """Frames of each trial."""
    folds: tuple[int, ...]
    """Trials in each published fold."""
    responses: dict[str, tuple[float, float, float]]
    """5 %, median and 95 % across neurons of each statistic over time."""
    signals: dict[str, tuple[float, float, float]]
    """Mean, standard deviation and median of the recorded signals and of the movies."""


@dataclass(frozen=True)
class Leak:
    """Two trials that show nearly the same movie and lie in different published folds."""

    first: ShownTrial
    second: ShownTrial
    folds: tuple[int, int]
    correlation: float


@dataclass(frozen=True)
class Survey:
    """What there is at a path, and every problem found, in words."""

    folder: Path
    """The path."""
    format: str
    """How it was read."""
    refusals: dict[str, str]
    """Why it was not read in other ways, by format."""
    animals: tuple[AnimalFindings, ...]
    """What each holds."""
    movies: int
    """Distinct movies among the trials read."""
    shared: int
    """Those of them that several animals saw."""
    repeated: int
    """Those of them that one animal saw several times."""
    leaks: tuple[Leak, ...]
    """Near-duplicates in different published folds."""
    problems: tuple[str, ...]
    """What is odd or broken, and what was done about it."""
    candidates: tuple[str, ...] = ()
    """Where a file cannot be read as it is: what is in it, and which options choose among that."""


def render(survey: Survey) -> str:
    """Return what ``reverie inspect`` prints: each animal, the leaks between folds, the problems."""
    if survey.candidates:
        return "\n".join([f"{survey.folder}: {survey.format}", *survey.problems, *survey.candidates])
    trials = sum(sum(animal.trials.values()) for animal in survey.animals)
    lines = [f"{survey.folder}: {counted(len(survey.animals), 'animal')}, {counted(trials, 'trial')}"]
    lines.append(f"Read as {survey.format}.")
    lines += [f"  Not {other}: {why}." for other, why in survey.refusals.items()]
    lines.append(
        f"{counted(survey.movies, 'distinct movie')}, {survey.shared} of them shown to several animals, "
        f"{survey.repeated} shown repeatedly to one"
    )
    for animal in survey.animals:
        lines += ["", *_animal(animal)]
    lines += ["", *_leak_lines(survey.leaks), "", *_problem_lines(survey.problems)]
    return "\n".join(lines)


def _animal(animal: AnimalFindings) -> Iterator[str]:
    yield animal.name
    yield _entry("neurons", f"{animal.neurons} ({animal.response_kind})")
    yield _entry("trials", ", ".join(_tier(animal, tier) for tier in animal.trials))
    if animal.frame_size is not None:
        height, width = animal.frame_size
        degrees = "" if animal.degrees_per_pixel is None else f", {animal.degrees_per_pixel:.3g} degrees per pixel"
        yield _entry("frames", f"{height} x {width} pixels (height x width) at {animal.frame_rate:g} Hz{degrees}")
    yield _entry("behaviour", ", ".join(animal.recorded_signals) or "none recorded")
    if animal.lengths:
        yield _entry("lengths", _lengths(animal))
        if any(animal.folds):
            counts = "  ".join(map(str, animal.folds))
            yield _entry("folds 0-6", f"{counts}  trials (movies that look alike share a fold)")
    if animal.read < sum(animal.trials.values()):
        yield _entry("read", f"{animal.read} of {sum(animal.trials.values())} trials, evenly chosen (--whole for all)")
    if animal.responses:
        yield _row("responses, over neurons", ("5 %", "median", "95 %"))
        for name, values in animal.responses.items():
            yield _row(f"  {name} over time", values)
    if animal.signals:
        yield _row("signals", ("mean", "std", "median"))
        for name, values in animal.signals.items():
            yield _row(f"  {name}", values)


def _tier(animal: AnimalFindings, tier: str) -> str:
    count, recorded = animal.trials[tier], animal.recorded.get(tier, 0)
    if tier == "none" or recorded == count:
        return f"{tier} {count}"
    return f"{tier} {count} ({recorded} with responses)"


def _lengths(animal: AnimalFindings) -> str:
    low, high, rate = min(animal.lengths), max(animal.lengths), animal.frame_rate
    if low == high:
        return f"{low} frames ({low / rate:.1f} s)"
    middle = float(np.median(animal.lengths))
    return f"{low} to {high} frames, median {middle:g} ({low / rate:.1f} to {high / rate:.1f} s)"


def _leak_lines(leaks: Sequence[Leak]) -> Iterator[str]:
    if not leaks:
        yield "Near-duplicate movies in different folds: none"
        return
    yield f"Near-duplicate movies in different folds (the hash alone lets them through): {counted(len(leaks), 'pair')}"
    strongest = sorted(leaks, key=lambda leak: -leak.correlation)[:SHOWN_LEAKS]
    ends = [(f"{leak.first}, fold {leak.folds[0]}", f"{leak.second}, fold {leak.folds[1]}") for leak in strongest]
    widths = [max(len(end[side]) for end in ends) for side in (0, 1)]
    for leak, (first, second) in zip(strongest, ends, strict=True):
        yield f"  {first:<{widths[0]}}  ~  {second:<{widths[1]}}  correlation {leak.correlation:.2f}"
    if len(leaks) > SHOWN_LEAKS:
        yield f"  and {len(leaks) - SHOWN_LEAKS} more"


def _problem_lines(problems: Sequence[str]) -> Iterator[str]:
    yield f"Notes and problems: {len(problems) or 'none'}"
    yield from (f"  {problem}" for problem in problems)


def _entry(label: str, value: str) -> str:
    return f"  {label:<10} {value}"


def _row(label: str, values: Sequence[float | str]) -> str:
    cells = (value if isinstance(value, str) else f"{value:.2f}" for value in values)
    return f"  {label:<26}" + "".join(f"{cell:>10}" for cell in cells)
