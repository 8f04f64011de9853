"""Options on where jobs are done, shared by all commands that do several jobs."""

import re
from dataclasses import dataclass

from reverie.foundation.errors import BadInput

HERE = "here"
SCHEDULERS = ("slurm", "pbs", "sge", "lsf", "htcondor")
"""Batch systems, by the names on the command line."""

ADDRESS = re.compile(r"(tcp|tls|ws|wss|ucx)://\S+")
"""Pattern of the address of a Dask scheduler."""

MEMORY = re.compile(r"(?=.*[1-9])\d+(\.\d+)?[KMGT]i?B?", re.IGNORECASE)
"""Pattern of an amount of memory. Without a unit, batch systems would take numbers for megabytes or kilobytes."""

MOST_JOBS = 10_000
"""Largest number of jobs at once; more than clusters give to one person."""

LEAST_WALLTIME = 60
"""Shortest walltime, seconds; batch systems count in minutes."""


@dataclass(frozen=True)
class EngineOptions:
    """Where jobs are done, how many at once, and with what resources each."""

    on: str = HERE
    """here, a batch system (slurm, pbs, sge, lsf, htcondor), or a Dask scheduler's address (tcp://HOST:8786)."""
    jobs: int | None = None
    """Number of jobs done at once; each needs memory of its own. By default, on this machine one per processor core for
    experiments and a single one otherwise; two in a batch system; as many as a Dask scheduler has workers."""
    gpus: int = 0
    """Graphics cards that each worker of a batch system asks for."""
    walltime: str = "01:00:00"
    """HH:MM:SS that a worker of a batch system may run; a longer job continues in another worker."""
    memory: str = "8GB"
    """Memory that each worker of a batch system asks for."""
    scheduler_option: tuple[str, ...] = ()
    """A further flag for the batch system, as --scheduler-option=--account=x; may be repeated."""
    dry_run: bool = False
    """Print the script that the batch system would get, and do nothing."""

    def __post_init__(self) -> None:
        if not (self.on == HERE or self.batch or ADDRESS.fullmatch(self.on)):
            raise BadInput(
                f"Jobs cannot be done on {self.on!r}; choose one of {HERE}, {', '.join(SCHEDULERS)}, or give the "
                "address of a Dask scheduler, as tcp://HOST:8786."
            )
        if self.jobs is not None and not 1 <= self.jobs <= MOST_JOBS:
            raise BadInput(f"--jobs is {self.jobs}; 1 to {MOST_JOBS} can be done at once.")
        if self.gpus < 0:
            raise BadInput(f"--gpus is {self.gpus}; it counts graphics cards.")
        if self.seconds < LEAST_WALLTIME:
            raise BadInput(f"--walltime is {self.walltime}; give at least a minute.")
        if not MEMORY.fullmatch(self.memory):
            raise BadInput(f"--memory is {self.memory!r}; write a number and its unit, as 8GB.")
        if self.dry_run and not self.batch:
            raise BadInput(f"On {self.on} no script is submitted; --dry-run is for batch systems.")

    @property
    def batch(self) -> bool:
        """Whether a batch system starts the workers."""
        return self.on in SCHEDULERS

    @property
    def seconds(self) -> int:
        """The walltime in seconds; raises BadInput where it is none."""
        parts = re.fullmatch(r"(\d+):([0-5]\d):([0-5]\d)", self.walltime)
        if parts is None:
            raise BadInput(f"--walltime is {self.walltime!r}; write hours, minutes and seconds as 04:00:00.")
        hours, minutes, seconds = map(int, parts.groups())
        return 3600 * hours + 60 * minutes + seconds
