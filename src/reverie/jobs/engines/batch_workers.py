"""Workers of a batch system: keeping the requested number, although some jobs end before their worker starts.

dask-jobqueue replaces workers that connected and were lost. It does not notice jobs that ended before their worker
connected (killed while starting or waiting, node lost, script failed); the batch system's own list shows them.
"""

import getpass
import re
import subprocess
import time
from collections.abc import Mapping, Sequence
from typing import Any

from reverie.foundation.errors import ReverieError
from reverie.foundation.progress import say
from reverie.jobs.engines.batch import logs_folder
from reverie.jobs.engines.contract import TRIES
from reverie.jobs.engines.settings import EngineOptions

DEFAULT_JOBS = 2
"""Number of workers of a batch system by default."""

LIST_EVERY = 30.0
"""Seconds between queries of the batch system's list, which burden it; made only while a worker is missing."""

LIST_TIMEOUT = 60.0
"""Seconds to wait for that list."""

LISTS: Mapping[str, Sequence[str]] = {
    "slurm": ("squeue", "--me", "--noheader", "--format=%A"),
    "pbs": ("qselect", "-u", "{user}"),
    "sge": ("qstat", "-u", "{user}"),
    "lsf": ("bjobs", "-w"),
    "htcondor": ("condor_q", "-nobatch"),
}
"""Commands that print a line for each of this user's waiting or running jobs, which begins with the job's number."""

NO_JOBS = "No unfinished job found"
"""Part of LSF's error message where the user has no jobs."""

LISTED_JOBS = 6
"""Largest number of jobs that are named in a sentence."""


class BatchWorkers:
    """The requested workers.

    Parameters
    ----------
    refusals
        The batch system's own messages about jobs that it refused.
    """

    def __init__(self, on: EngineOptions, cluster: Any, refusals: list[str]) -> None:  # noqa: ANN401 - an optional package without types
        self.on, self.cluster, self.refusals = on, cluster, refusals
        self.seen = False
        self.waited = False
        self.unlisted: set[str] = set()
        self.lost: list[str] = []
        self.listed = time.monotonic()
        self.cluster.scale(self.on.jobs or DEFAULT_JOBS)

    def maintain(self) -> None:
        """Replace workers whose walltime ended, and jobs that ended before their worker started.

        Raises ReverieError when the batch system refuses jobs, or no worker has started although each was requested
        ``TRIES`` times.
        """
        registered, missing = self.cluster.sync(_workers_and_waiting, self.cluster)
        self.seen |= registered > 0
        if registered:
            self.lost.clear()
        if self.refusals and not self.seen:
            raise ReverieError(f"{self._refusal_sentence()}; see --dry-run.")
        if missing and time.monotonic() - self.listed >= LIST_EVERY:
            self._replace_lost(missing, anybody=registered > 0)
            self.listed = time.monotonic()
        self.cluster.scale(self.on.jobs or DEFAULT_JOBS)

    def _replace_lost(self, missing: Mapping[str, str | None], *, anybody: bool) -> None:
        listed = _listed(self.on.on, self.cluster.job_cls.job_id_regexp)
        if listed is None:
            return
        unlisted = {job for job in missing.values() if job is not None and job not in listed}
        # Missing in two successive lists, since dask replaces a worker that has just ended normally.
        gone = {name: job for name, job in missing.items() if job is None or job in unlisted & self.unlisted}
        self.unlisted = unlisted
        self.lost += [] if anybody else [job or "" for job in gone.values()]
        if len(self.lost) >= TRIES * (self.on.jobs or DEFAULT_JOBS):
            raise ReverieError(self._no_worker_sentence())
        if gone:
            ended = [job for job in gone.values() if job]
            say(
                f"{self.on.on}: {_named(ended)} ended before a worker started; others are requested."
                if ended
                else f"{self._refusal_sentence()}; it is asked again."
            )
            self.cluster.sync(_forget, self.cluster, list(gone))
        elif waiting := [job for job in missing.values() if job in listed and not (self.waited or anybody)]:
            self.waited = True
            say(f"{self.on.on} has started no worker yet; in its queue: {_named(waiting)}.")

    def _refusal_sentence(self) -> str:
        why = " ".join(self.refusals[-1].split()) if self.refusals else "it did not say why"
        return f"{self.on.on} takes no jobs: {why}"

    def _no_worker_sentence(self) -> str:
        ended = [job for job in self.lost if job]
        if not ended:
            return f"{self._refusal_sentence()}; give the same command again once it does."
        return (
            f"{self.on.on} started no worker, though {len(ended)} were asked for: {_named(ended)} ended before that. "
            f"What they printed is in {logs_folder()}; fix what it reports, then give the same command again."
        )


def _named(jobs: Sequence[str]) -> str:
    return f"{'job' if len(jobs) == 1 else 'jobs'} {', '.join(jobs[-LISTED_JOBS:])}"


def _listed(system: str, number: str) -> set[str] | None:
    """Return the numbers of this user's waiting and running jobs; None where the batch system does not answer.

    Parameters
    ----------
    number
        A regular expression for the number of a job, with a group ``job_id``.
    """
    words = [word.format(user=getpass.getuser()) for word in LISTS[system]]
    try:
        ended = subprocess.run(words, capture_output=True, text=True, timeout=LIST_TIMEOUT, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    if ended.returncode and NO_JOBS not in ended.stdout + ended.stderr:
        return None
    found = (re.match(rf"\s*{number}", line) for line in ended.stdout.splitlines())
    return {match["job_id"] for match in found if match}


async def _workers_and_waiting(cluster: Any) -> tuple[int, dict[str, str | None]]:  # noqa: ANN401
    """Return the number of connected workers, and the jobs of the others by name, None where a job was refused.

    This runs in the scheduler's own thread, so nothing changes meanwhile.
    """
    there = {worker.name for worker in cluster.scheduler.workers.values()}
    return len(there), {name: job.job_id for name, job in cluster.workers.items() if name not in there}


async def _forget(cluster: Any, names: Sequence[str]) -> None:  # noqa: ANN401
    """Make the cluster forget its requests for some workers, so that it requests them again, under other names.

    Under the same name, a worker that had been connected would count as lost again, and the new job would be ended.
    """
    for name in names:
        cluster.worker_spec.pop(name, None)
        job = cluster.workers.pop(name, None)
        if job is not None:
            await job.close()
