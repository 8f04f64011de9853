"""Processes of the tests are forked from one that has imported what they need, which takes each of them seconds.

Those of the program are started afresh; ``tests/jobs/test_workers.py`` holds that they do the same.
"""

import multiprocessing
from multiprocessing.context import ForkServerContext, ForkServerProcess
from typing import Any

from reverie.jobs.engines.local import _OwnProcesses

IMPORTED = ["reverie.jobs.working", "reverie.jobs.training", "torch._dynamo", "distributed"]
"""The last but one is imported by the first optimiser of a process."""


def forks() -> ForkServerContext:
    """Return what starts processes by forking that one, which ends with this process."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(IMPORTED)
    return context


class OwnForks(_OwnProcesses):
    """Starts the processes of ``--jobs`` so."""

    def Process(self, *arguments: Any, **named: Any) -> ForkServerProcess:  # type: ignore[override]  # noqa: N802
        """Start what ``multiprocessing`` starts."""
        forks()
        process = ForkServerProcess(*arguments, **named)
        self.started.append(process)
        return process
