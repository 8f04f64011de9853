"""Solving a problem by any solver; a search that is resumed from a snapshot gives the same result to the bit."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from reverie.encoders.contract import crop_from_canvas
from reverie.foundation.arrays import Movie
from reverie.foundation.devices import choose_device, torch_defaults
from reverie.foundation.errors import ReverieError, reading_kept
from reverie.inversion.problem import Problem
from reverie.inversion.solution import Observer, Progress, Solution, ignore, trace_of, trace_rows


@runtime_checkable
class SolverState(Protocol):
    """The state of a solver between two steps: steps and passes so far, the last loss, the movie, whether it settled.

    ``to_arrays`` returns all of it as arrays for an ``.npz`` file, from which ``Solver.restore`` makes the same state.
    """

    @property
    def step(self) -> int:
        """Number of steps taken."""

    @property
    def passes(self) -> int:
        """Windows sent through encoders so far."""

    @property
    def loss(self) -> float:
        """Loss that the last step measured."""

    @property
    def settled(self) -> bool:
        """Whether further steps would hardly change the movie."""

    @property
    def movie(self) -> Float[Tensor, "time height width"]:
        """Grey levels 0-255, of the frame or the canvas."""

    def to(self: "StateT", device: torch.device) -> "StateT":
        """Return the same state on another device."""

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Return everything as arrays."""


StateT = TypeVar("StateT", bound=SolverState)


@dataclass(frozen=True)
class Snapshot(Generic[StateT]):
    """Everything needed to resume an interrupted search: its state, and the trace so far."""

    state: StateT
    trace: tuple[Progress, ...]

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Return everything as arrays, for an ``.npz`` file."""
        return {**self.state.to_arrays(), "trace": trace_rows(self.trace)}

    @staticmethod
    def from_arrays(
        arrays: Mapping[str, np.ndarray], restore: Callable[[Mapping[str, np.ndarray]], StateT]
    ) -> "Snapshot[StateT]":
        """Return a snapshot from the arrays of ``to_arrays``; raises ReverieError when something is missing.

        Parameters
        ----------
        restore
            ``Solver.restore``.
        """
        with reading_kept("The snapshot of a search", "start the search again"):
            return Snapshot(restore(arrays), trace_of(arrays["trace"]))


Keeper = Callable[[Snapshot[StateT]], None]
"""Called after each step with the snapshot from which the search can be resumed."""


def forget(snapshot: Snapshot[StateT]) -> None:
    """Do nothing with the snapshot."""


@runtime_checkable
class Solver(Protocol[StateT]):
    """A method that needs only the problem: its settings, a first state, and the step from state to state."""

    @property
    def steps(self) -> int:
        """Number of steps to take."""

    def begin(self, problem: Problem, start: Movie | None = None) -> StateT:
        """Return the state before the first step."""

    def step(self, problem: Problem, state: StateT) -> StateT:
        """Return the state one step further, leaving the old one as it was."""

    def restore(self, arrays: Mapping[str, np.ndarray]) -> StateT:
        """Return the state whose ``to_arrays`` gave these arrays."""

    def estimate(self, problem: Problem, state: StateT) -> tuple[Float[Tensor, "time height width"], Movie | None]:
        """Return the final movie, of frame or canvas size, and its standard deviation, None where it is not known.

        The latter is (time, height, width), in grey levels.
        """


@torch_defaults()
def solve(
    problem: Problem,
    method: Solver[StateT],
    *,
    start: Movie | None = None,
    resume: Snapshot[StateT] | None = None,
    observe: Observer = ignore,
    keep: Keeper[StateT] = forget,
    device: torch.device | None = None,
) -> Solution:
    """Find the movie that explains the observations; return it with its trace.

    Parameters
    ----------
    problem
        The observations and the prior.
    method
        The method and its settings: ``Map()`` or ``Paper()``.
    start
        A movie (time, height, width) to start from instead of the method's own.
    resume
        A snapshot of an interrupted run of the same problem and method; on a CPU the result is the same to the bit.
    observe
        Called after each step with the progress and the movie.
    keep
        Called after each step with a snapshot.
    device
        Where to compute, by default the device of the observations; encoders stay on it afterwards.

    Raises
    ------
    ReverieError
        When problem, start and snapshot do not match each other, no pixel may move, or numbers overflow.
    """
    if isinstance(method, type):
        raise ReverieError(f"{method.__name__} is a class, not settings; give {method.__name__}().")
    if not isinstance(method, Solver):
        name = getattr(method, "name", type(method).__name__)
        raise ReverieError(
            f"The method `{name}` needs more than a problem says; ask a Reconstructor for it, or choose `map` or "
            "`paper`."
        )
    if not isinstance(problem, Problem):
        raise ReverieError(f"`solve` takes a Problem, but {problem!r} was given.")
    if not callable(observe) or not callable(keep) or not isinstance(resume, Snapshot | None):
        raise ReverieError("observe and keep are called after each step, and resume is a Snapshot that keep was given.")
    where = problem.device if device is None else choose_device(str(device))
    problem = problem.to(where).in_fast_form()
    state = _resumed(problem, method, start, resume) if resume else method.begin(problem, start)
    trace = list(resume.trace) if resume else []
    clock = time.perf_counter() - (trace[-1].seconds if trace else 0.0)
    while state.step < method.steps and not state.settled:
        state = method.step(problem, state)
        trace.append(Progress(state.step, time.perf_counter() - clock, state.passes, state.loss))
        if observe is not ignore:
            observe(trace[-1], _cropped(problem, state.movie))
        if keep is not forget:
            keep(Snapshot(state, tuple(trace)))
    movie, std = method.estimate(problem, state)
    return Solution(_cropped(problem, movie), tuple(trace), time.perf_counter() - clock, state.passes, std)


def _resumed(problem: Problem, method: Solver[StateT], start: Movie | None, resume: Snapshot[StateT]) -> StateT:
    expected = (problem.frames, *problem.canvas)
    found = tuple(resume.state.movie.shape)
    fits = found in (expected, (problem.frames, *problem.frame_size))
    if start is not None or not fits or resume.state.step > method.steps:
        raise ReverieError(
            f"The snapshot (step {resume.state.step}, movie {found}) is not of this reconstruction "
            f"({method.steps} steps, movie {expected}, no start movie); start the search again."
        )
    return resume.state.to(problem.device)


def _cropped(problem: Problem, movie: Float[Tensor, "time row column"]) -> Movie:
    cropped: Movie = crop_from_canvas(movie, problem.frame_size).cpu().numpy().copy()
    return cropped
