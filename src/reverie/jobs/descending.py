"""One descent that survives interruptions: progress shown, a snapshot kept, a finished one never repeated."""

import time
from collections.abc import Callable
from pathlib import Path

import torch

from reverie.foundation.files import read_npz, write_npz
from reverie.foundation.progress import labelled_bar
from reverie.inversion.descent import Snapshot, StateT
from reverie.inversion.problem import Problem, Reconstruction, trace_of, trace_rows
from reverie.inversion.reconstruct import Solver, reconstruct

KEEP_EVERY = 30.0
"""Seconds between two snapshots: the most that an interruption can lose."""


def descend(
    problem: Callable[[], Problem],
    solver: Solver[StateT],
    finished: Path,
    unfinished: Path,
    label: str,
    device: torch.device,
) -> Reconstruction:
    """Reconstruct with one model (or one group of models), going on from where an earlier call was interrupted.

    problem: makes the problem, called only when there is something left to do. finished, unfinished: files of the
    result and of a descent under way. label: what the progress bar says; none is shown when it is empty.
    """
    if finished.exists():
        return read_result(finished)
    resume = Snapshot.from_arrays(read_npz(unfinished), solver.restore) if unfinished.exists() else None
    last_kept = time.monotonic()

    def keep(snapshot: Snapshot[StateT]) -> None:
        nonlocal last_kept
        advance()
        if time.monotonic() - last_kept >= KEEP_EVERY:
            write_npz(unfinished, snapshot.to_arrays())
            last_kept = time.monotonic()

    with labelled_bar(label, solver.steps, done=resume.state.step if resume else 0) as advance:
        result = reconstruct(problem(), solver, resume=resume, keep=keep, device=device)
    write_result(finished, result)
    unfinished.unlink(missing_ok=True)
    return result


def write_result(path: Path, result: Reconstruction) -> None:
    """Keep one model's movie and how it got there."""
    spread = {} if result.spread is None else {"spread": result.spread}
    write_npz(path, {"movie": result.movie, "trace": trace_rows(result.trace), **spread})


def read_result(path: Path) -> Reconstruction:
    """Read it back."""
    arrays = read_npz(path)
    trace = trace_of(arrays["trace"])
    return Reconstruction(arrays["movie"], trace, trace[-1].seconds, trace[-1].passes, arrays.get("spread"))
