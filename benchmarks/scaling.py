"""How the cost of a step grows with the clip, the neurons, the models and the threads, and what memory it takes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from benchmarks.meters import Meter
from benchmarks.subjects import Subject, make_animals, make_clip, make_subject, problem_of
from benchmarks.timing import Timing, in_turns
from reverie.inversion.methods.paper import Paper
from reverie.inversion.problem import Observation, Problem

SIDE_BY_SIDE = Paper(stride=32, random_offsets=True, idle_first_step=False)


@dataclass(frozen=True)
class Scaling:
    """Seconds a step (or bytes at its peak) against one quantity, with the straight line that fits them best.

    explained: share of the variance that the line explains.
    """

    name: str
    unit: str
    at: tuple[float, ...]
    values: tuple[float, ...]
    slope: float
    constant: float
    explained: float


def fitted(name: str, unit: str, at: Sequence[float | int], values: Sequence[float]) -> Scaling:
    """Fit a straight line by least squares.

    >>> fitted("a step", "s", [1.0, 2.0, 3.0], [2.0, 4.0, 6.0]).explained
    1.0
    """
    slope, constant = np.polyfit(at, values, 1)
    found = np.asarray(values)
    left = found - (slope * np.asarray(at) + constant)
    scatter = float(np.square(found - found.mean()).sum())
    explained = 1.0 - float(np.square(left).sum()) / scatter if np.ptp(found) > 0 else 1.0  # a level line explains all
    return Scaling(name, unit, tuple(map(float, at)), tuple(values), float(slope), float(constant), round(explained, 6))


def problem_with(subject: Subject, frames: int, models: int = 1) -> Problem:
    """Return a problem of a clip of noise, seen by one model or by several alike."""
    _, state, responses = make_clip(frames, subject.neurons)
    problem = problem_of(subject, state, responses)
    return replace(problem, observations=problem.observations * models)


def one_step(problem: Problem, batch: int | None = None) -> Callable[[], object]:
    """Return a step of the paper's method, with windows side by side, to be timed.

    batch: windows that go through the encoder at once; None for what fits.
    """
    solver = replace(SIDE_BY_SIDE, batch=batch)
    state = solver.begin(problem)
    return lambda: solver.step(problem, state)


def by_length(size: str, lengths: Sequence[int], rounds: int) -> Scaling:
    """Time a step of clips of several lengths in frames."""
    subject = make_subject(size, 500)
    return _timed("frames of the clip", {frames: problem_with(subject, frames) for frames in lengths}, rounds)


def by_neurons(size: str, counts: Sequence[int], rounds: int) -> Scaling:
    """Time a step for several numbers of neurons."""
    return _timed("neurons", {count: problem_with(make_subject(size, count), 100) for count in counts}, rounds)


def by_models(size: str, counts: Sequence[int], rounds: int) -> Scaling:
    """Time a step for several numbers of models."""
    subject = make_subject(size, 500)
    return _timed("models", {count: problem_with(subject, 100, count) for count in counts}, rounds)


def by_animals(size: str, counts: Sequence[int], rounds: int) -> Scaling:
    """Time a step for several numbers of animals that saw the same movie."""
    _, state, responses = make_clip(100, 500)
    problems = {}
    for count in counts:
        forms = make_animals(size, 500, count)
        seen = [Observation(form, mouse, state, responses) for mouse, form in forms.items()]
        problems[count] = Problem(tuple(seen))
    return _timed("animals", problems, rounds)


def _timed(quantity: str, problems: Mapping[int, Problem], rounds: int) -> Scaling:
    timings = in_turns({str(number): one_step(problem) for number, problem in problems.items()}, rounds)
    return fitted(quantity, "s", list(problems), _typical(timings, list(problems)))


def by_threads(subject: Subject, rounds: int) -> Scaling:
    """Time a step with one thread, two and so on up to all, in steps of a factor of two."""
    most = torch.get_num_threads()
    counts = [2**power for power in range(most.bit_length()) if 2**power <= most]
    step = one_step(problem_with(subject, 32))

    def with_threads(count: int) -> Callable[[], None]:
        def run() -> None:
            torch.set_num_threads(count)
            step()
            torch.set_num_threads(most)

        return run

    timings = in_turns({str(count): with_threads(count) for count in counts}, rounds)
    return Scaling("threads", "s", tuple(map(float, counts)), tuple(_typical(timings, counts)), 0.0, 0.0, 0.0)


def peak_by_length(subject: Subject, lengths: Sequence[int]) -> Scaling:
    """Count the most bytes that a step's own tensors take at once, for clips of several lengths."""
    peaks = []
    for frames in lengths:
        step = one_step(problem_with(subject, frames))
        with Meter() as meter:
            step()
        peaks.append(float(meter.peak))
    return fitted("frames of the clip", "bytes", lengths, peaks)


def _typical(timings: dict[str, Timing], at: Sequence[float | int]) -> list[float]:
    return [timings[str(each)].typical for each in at]
