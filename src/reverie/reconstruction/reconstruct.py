"""The one call from a problem to a reconstruction."""

import time
from typing import Protocol, runtime_checkable

import torch

from reverie.encoders.canvas import crop_from_canvas
from reverie.foundation.arrays import Movie
from reverie.foundation.errors import ReverieError
from reverie.reconstruction.descent import DescentState, Keeper, Snapshot, forget
from reverie.reconstruction.problem import Observer, Problem, Progress, Reconstruction, ignore


@runtime_checkable
class Solver(Protocol):
    """A way to find the movie: settings, a first state, and the step from one state to the next."""

    @property
    def steps(self) -> int:
        """How many steps to take."""

    def begin(self, problem: Problem, start: Movie | None = None) -> DescentState:
        """Return the state before the first step."""

    def step(self, problem: Problem, state: DescentState) -> DescentState:
        """Return the state one step further, leaving the old one as it was."""


def reconstruct(
    problem: Problem,
    solver: Solver,
    *,
    start: Movie | None = None,
    resume: Snapshot | None = None,
    observe: Observer = ignore,
    keep: Keeper = forget,
    device: torch.device | None = None,
) -> Reconstruction:
    """Find the movie that explains the observations.

    start: a movie (time, height, width) to begin with instead of what the solver chooses. resume: a snapshot of an
    interrupted run of the same problem and solver; on a CPU the result is the same to the bit. observe: called after
    each step with the progress and the movie. keep: called after each step with a snapshot. device: where to compute
    (by default where the observations lie); encoders stay there.
    Raises ReverieError when problem, start and snapshot do not fit each other, nothing may move, or numbers overflow.
    """
    problem = problem.to(device or problem.device)
    state = _resumed(problem, solver, start, resume) if resume else solver.begin(problem, start)
    trace = list(resume.trace) if resume else []
    clock = time.perf_counter() - (trace[-1].seconds if trace else 0.0)
    while state.step < solver.steps:
        state = solver.step(problem, state)
        trace.append(Progress(state.step, time.perf_counter() - clock, state.passes, state.loss))
        if observe is not ignore:
            observe(trace[-1], _movie(problem, state))
        if keep is not forget:
            keep(Snapshot(state, tuple(trace)))
    return Reconstruction(_movie(problem, state), tuple(trace), time.perf_counter() - clock, state.passes)


def _resumed(problem: Problem, solver: Solver, start: Movie | None, resume: Snapshot) -> DescentState:
    expected = (problem.frames, *problem.canvas)
    found = tuple(resume.state.movie.shape)
    if start is not None or found != expected or resume.state.step > solver.steps:
        raise ReverieError(
            f"The snapshot (step {resume.state.step}, movie {found}) is not of this reconstruction "
            f"({solver.steps} steps, movie {expected}, no start movie); start the descent anew."
        )
    return resume.state.to(problem.device)


def _movie(problem: Problem, state: DescentState) -> Movie:
    movie: Movie = crop_from_canvas(state.movie, problem.frame_size).cpu().numpy().copy()
    return movie
