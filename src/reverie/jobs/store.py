"""The results of jobs on disk: one folder for each job, named by its fingerprint."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from reverie.foundation.errors import ReverieError
from reverie.foundation.files import read_npz, write_npz
from reverie.foundation.partial_files import sweep
from reverie.inversion.solution import Solution, trace_of, trace_rows

UNFINISHED = "unfinished.npz"

UNCERTAINTY = ("std", "information")
"""Fields of a solution that hold its uncertainty; some solutions have neither."""


@dataclass(frozen=True)
class JobFolder:
    """The folder of one job's result: job.json describes the job, movie.npz exists once it is finished."""

    folder: Path

    @property
    def finished(self) -> Path:
        """File of the movie and its trace."""
        return self.folder / "movie.npz"

    def part(self, name: str) -> "JobFolder":
        """Return the folder of a part of the job that can be interrupted by itself."""
        return JobFolder(self.folder / name)

    def clean(self) -> None:
        """Remove snapshots and temporary files that a process killed at its very end left of a finished job."""
        for left in self.folder.rglob(UNFINISHED):
            left.unlink(missing_ok=True)
        for place in (self.folder, *(path for path in self.folder.iterdir() if path.is_dir())):
            sweep(place.absolute())

    @property
    def unfinished(self) -> Path:
        """File of the latest snapshot of an interrupted search."""
        return self.folder / UNFINISHED


@dataclass(frozen=True)
class Store:
    """All jobs of a run or of some studies: STORE/<fingerprint>/."""

    folder: Path

    def place(self, fingerprint: str) -> JobFolder:
        """Return the folder of a job's result, whether it exists yet or not."""
        return JobFolder(self.folder / fingerprint)

    def read(self, fingerprints: Sequence[str]) -> list[Solution]:
        """Return the results of finished jobs; raises ReverieError when one is unfinished or damaged."""
        return [read_solution(self.place(fingerprint).finished) for fingerprint in fingerprints]


def write_solution(path: Path, solution: Solution) -> None:
    """Write a solution to a file."""
    uncertainty = {name: getattr(solution, name) for name in UNCERTAINTY if getattr(solution, name) is not None}
    write_npz(path, {"movie": solution.movie, "trace": trace_rows(solution.trace), **uncertainty})


def read_solution(path: Path) -> Solution:
    """Read a solution from a file; raises ReverieError when the file is missing or damaged."""
    try:
        arrays = read_npz(path)
        trace = trace_of(arrays["trace"])
        uncertainty = {name: arrays.get(name) for name in UNCERTAINTY}
        return Solution(arrays["movie"], trace, trace[-1].seconds, trace[-1].passes, **uncertainty)
    except (ReverieError, KeyError, IndexError, TypeError, ValueError) as error:
        raise ReverieError(
            f"{path} is damaged, so delete it; the same command then makes it again. ({error})"
        ) from error
