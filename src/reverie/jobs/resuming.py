"""Solving the problem of a job, with snapshots, so that an interruption loses hardly any work."""

import time
from pathlib import Path
from typing import Any

import torch

from reverie.foundation.arrays import Movie
from reverie.foundation.errors import ReverieError
from reverie.foundation.files import read_npz, write_npz
from reverie.foundation.progress import labelled_bar, say
from reverie.inversion.problem import Problem
from reverie.inversion.solution import Solution
from reverie.inversion.solve import Snapshot, Solver, solve
from reverie.jobs.engines.contract import out_of_time, out_of_time_error
from reverie.jobs.store import JobFolder, read_solution, write_solution

SNAPSHOT_EVERY = 30.0
"""Seconds between two snapshots, which are the most that an interruption can lose."""


def solve_or_resume(
    problem: Problem,
    method: Solver[Any],
    place: JobFolder,
    label: str,
    device: torch.device,
    start: Movie | None = None,
) -> Solution:
    """Solve a problem, from the snapshot of an interrupted call where there is one, and keep the result.

    If a result is kept already, it is read.

    Parameters
    ----------
    label
        Text of the progress bar; no bar is shown when it is empty.
    start
        A movie to start from instead of the method's own; not used where there is a snapshot.

    Raises
    ------
    OutOfTime
        When this process should stop; a snapshot is kept.
    """
    unfinished = place.unfinished
    if place.finished.exists():
        unfinished.unlink(missing_ok=True)
        return read_solution(place.finished)
    resume = _read_snapshot(unfinished, method) if unfinished.exists() else None
    last_kept = time.monotonic()

    def keep(snapshot: Snapshot[Any]) -> None:
        nonlocal last_kept
        advance()
        over = out_of_time()
        if over or time.monotonic() - last_kept >= SNAPSHOT_EVERY:
            write_npz(unfinished, snapshot.to_arrays())
            last_kept = time.monotonic()
        if over:
            raise out_of_time_error()

    with labelled_bar(label, method.steps, done=resume.state.step if resume else 0) as advance:
        solution = solve(problem, method, start=None if resume else start, resume=resume, keep=keep, device=device)
    write_solution(place.finished, solution)
    unfinished.unlink(missing_ok=True)
    return solution


def _read_snapshot(path: Path, method: Solver[Any]) -> Snapshot[Any] | None:
    """Return the snapshot of an interrupted search; None, with a message, where its file is damaged."""
    try:
        return Snapshot.from_arrays(read_npz(path), method.restore)
    except (ReverieError, KeyError, IndexError, TypeError, ValueError, RuntimeError) as error:
        say(f"{path} cannot be resumed from ({error}), so the search starts over.")
        return None
