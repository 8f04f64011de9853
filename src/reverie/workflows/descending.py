"""One descent that survives interruptions: progress shown, a snapshot kept, a finished one never repeated."""

import time
from pathlib import Path

import torch

from reverie.foundation.files import read_npz, write_npz
from reverie.foundation.progress import bar
from reverie.reconstruction.descent import Snapshot
from reverie.reconstruction.problem import Problem, Reconstruction, trace_of, trace_rows
from reverie.reconstruction.reconstruct import Solver, reconstruct
from reverie.workflows.run_folder import TrialFolder

KEEP_EVERY = 30.0
"""Seconds between two snapshots: the most that an interruption can lose."""


def descend(
    problem: Problem, solver: Solver, place: TrialFolder, number: int, label: str, device: torch.device
) -> Reconstruction:
    """Reconstruct with one model (or one group of models), going on from where an earlier call was interrupted.

    number: of the model within the trial. label: what the progress bar says.
    """
    finished, unfinished = place.model(number), place.snapshot(number)
    if finished.exists():
        return _read(finished)
    resume = Snapshot.from_arrays(read_npz(unfinished)) if unfinished.exists() else None
    done = resume.state.step if resume else 0
    last_kept = time.monotonic()

    def keep(snapshot: Snapshot) -> None:
        nonlocal last_kept
        advance()
        if time.monotonic() - last_kept >= KEEP_EVERY:
            write_npz(unfinished, snapshot.to_arrays())
            last_kept = time.monotonic()

    with bar(label, solver.steps, done=done) as advance:
        result = reconstruct(problem, solver, resume=resume, keep=keep, device=device)
    _write(finished, result)
    unfinished.unlink(missing_ok=True)
    return result


def _write(path: Path, result: Reconstruction) -> None:
    write_npz(path, {"movie": result.movie, "trace": trace_rows(result.trace)})


def _read(path: Path) -> Reconstruction:
    arrays = read_npz(path)
    trace = trace_of(arrays["trace"])
    return Reconstruction(arrays["movie"], trace, trace[-1].seconds, trace[-1].passes)
