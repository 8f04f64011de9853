"""Where the results of jobs lie, a folder a job by its fingerprint, and the descents that lead there."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from reverie.foundation.errors import ReverieError
from reverie.foundation.files import read_npz, write_npz
from reverie.foundation.partial_files import sweep
from reverie.foundation.progress import labelled_bar, say
from reverie.inversion.problem import Problem, Solution, trace_of, trace_rows
from reverie.inversion.solve import Method, Snapshot, solve
from reverie.jobs.engines.contract import out_of_time, stopped

UNFINISHED = "unfinished.npz"

DOUBT = ("std", "information")
"""What is known, of some solutions, of how far they may be off."""

KEEP_EVERY = 30.0
"""Seconds between two snapshots: the most that an interruption can lose."""


@dataclass(frozen=True)
class JobFolder:
    """Where one job's result lies: job.json says what it is, movie.npz is there once it is finished."""

    folder: Path

    @property
    def finished(self) -> Path:
        """The movie and its trace."""
        return self.folder / "movie.npz"

    def part(self, name: str) -> "JobFolder":
        """Return where a part of the job that can be interrupted by itself lies."""
        return JobFolder(self.folder / name)

    def clean(self) -> None:
        """Remove what a process killed at its very end left of the way to a finished job."""
        for left in self.folder.rglob(UNFINISHED):
            left.unlink(missing_ok=True)
        for place in (self.folder, *(path for path in self.folder.iterdir() if path.is_dir())):
            sweep(place.absolute())

    @property
    def unfinished(self) -> Path:
        """Where an interrupted descent stands."""
        return self.folder / UNFINISHED


@dataclass(frozen=True)
class Store:
    """All jobs of a run or of some studies: STORE/<fingerprint>/."""

    folder: Path

    def place(self, fingerprint: str) -> JobFolder:
        """Return where the result of a job lies, whether it is there yet or not."""
        return JobFolder(self.folder / fingerprint)

    def read(self, fingerprints: Sequence[str]) -> list[Solution]:
        """Return the results of finished jobs; raises ReverieError when one is not finished or damaged."""
        return [read_solution(self.place(fingerprint).finished) for fingerprint in fingerprints]


def write_solution(path: Path, solution: Solution) -> None:
    """Keep a movie and how it was found."""
    doubt = {name: getattr(solution, name) for name in DOUBT if getattr(solution, name) is not None}
    write_npz(path, {"movie": solution.movie, "trace": trace_rows(solution.trace), **doubt})


def read_solution(path: Path) -> Solution:
    """Read it back; raises ReverieError when the file is missing or damaged."""
    try:
        arrays = read_npz(path)
        trace = trace_of(arrays["trace"])
        doubt = {name: arrays.get(name) for name in DOUBT}
        return Solution(arrays["movie"], trace, trace[-1].seconds, trace[-1].passes, **doubt)
    except (ReverieError, KeyError, IndexError, TypeError, ValueError) as error:
        raise ReverieError(
            f"{path} is damaged, so delete it; the same command then makes it anew. ({error})"
        ) from error


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
