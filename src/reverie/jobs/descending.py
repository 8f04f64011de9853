"""One descent that survives interruptions: progress shown, a snapshot kept, a finished one never repeated."""

import time
from pathlib import Path
from typing import Any

import torch

from reverie.foundation.errors import ReverieError
from reverie.foundation.files import read_npz, write_npz
from reverie.foundation.progress import labelled_bar, say
from reverie.inversion.descent import Snapshot
from reverie.inversion.problem import Problem, Solution
from reverie.inversion.solve import Method, solve
from reverie.jobs.stopping import out_of_time, stopped
from reverie.jobs.store import JobFolder, read_solution, write_solution

KEEP_EVERY = 30.0
"""Seconds between two snapshots: the most that an interruption can lose."""


def descend(problem: Problem, method: Method[Any], place: JobFolder, label: str, device: torch.device) -> Solution:
    """Solve a problem, going on from where an earlier call was interrupted, and keep the result; or read it, once kept.

    label: what the progress bar says; none is shown when it is empty.
    Raises OutOfTime, with a snapshot kept, when this process should stop.
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
        if over or time.monotonic() - last_kept >= KEEP_EVERY:
            write_npz(unfinished, snapshot.to_arrays())
            last_kept = time.monotonic()
        if over:
            raise stopped()

    with labelled_bar(label, method.steps, done=resume.state.step if resume else 0) as advance:
        solution = solve(problem, method, resume=resume, keep=keep, device=device)
    write_solution(place.finished, solution)
    unfinished.unlink(missing_ok=True)
    return solution


def _read_snapshot(path: Path, method: Method[Any]) -> Snapshot[Any] | None:
    """Return where an interrupted descent stood, or None, to begin anew, where its file is damaged, which is said."""
    try:
        return Snapshot.from_arrays(read_npz(path), method.restore)
    except (ReverieError, KeyError, IndexError, TypeError, ValueError, RuntimeError) as error:
        say(f"{path} cannot be gone on from ({error}), so the search begins anew.")
        return None
