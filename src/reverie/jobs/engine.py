"""Doing tasks in worker processes that share nothing but files: as quick as the machine allows, and interruptible.

One thread a process does small arithmetic faster than several threads in one process. Tasks and their results are
plain data; what all tasks need (recordings, encoders) each process opens once for itself.
"""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.context import SpawnContext, SpawnProcess
from multiprocessing.process import BaseProcess
from typing import Any, Generic, TypeVar

import torch

from reverie.foundation.devices import prepare_threads
from reverie.foundation.errors import WorkerLost
from reverie.foundation.progress import bar

Task = TypeVar("Task")
Result = TypeVar("Result")
Context = TypeVar("Context")

MOST_WORKERS = 4
"""More processes would need more memory than a machine without a graphics card usually has."""


@dataclass(frozen=True)
class Workers(Generic[Context]):
    """Whoever does tasks: this process, or the processes of a pool. context: what the tasks are done with, here."""

    context: Context
    pool: ProcessPoolExecutor | None = None

    def run(self, work: Callable[[Context, Task], Result], tasks: Sequence[Task], description: str) -> list[Result]:
        """Do all tasks and return their results in order, showing how many are done and how long the rest will take.

        work: a function of a module, so that other processes find it. Raises what a task raises, and WorkerLost
        when a process was killed.
        """
        if not tasks:
            return []
        with bar(description, len(tasks)) as advance:
            if self.pool is None or len(tasks) == 1:
                return [_counted(work(self.context, task), advance) for task in tasks]
            return _run_in_pool(self.pool, work, tasks, advance)


class _OwnProcesses(SpawnContext):
    """Starts processes as usual and remembers which: others of this interpreter are not ours to end."""

    def __init__(self) -> None:
        super().__init__()
        self.started: list[BaseProcess] = []

    def Process(self, *arguments: Any, **named: Any) -> SpawnProcess:  # type: ignore[override]  # noqa: ANN401, N802
        """Start what ``multiprocessing`` starts."""
        process = SpawnProcess(*arguments, **named)
        self.started.append(process)
        return process


@contextmanager
def open_workers(context: Context, reopen: Callable[[], Context], count: int) -> Iterator[Workers[Context]]:
    """Yield ``count`` workers; with one, tasks are done in this process.

    reopen: opens the context anew in another process; it must be picklable. The processes end with the block, and
    with this process, however it ends.
    """
    if count <= 1:
        yield Workers(context)
        return
    threads, own = max(1, available_cores() // count), _OwnProcesses()
    pool = ProcessPoolExecutor(count, own, initializer=_begin, initargs=(reopen, threads))
    try:
        yield Workers(context, pool)
    except BaseException:
        # An interruption should not wait for tasks that take minutes; what they had found is kept in their files.
        for process in own.started:
            if process.is_alive():
                process.terminate()
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    pool.shutdown()


def available_cores() -> int:
    """Return how many processor cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def usual_workers(device: torch.device) -> int:
    """Return how many workers suit the device: one for a graphics card, one a core otherwise, up to ``MOST_WORKERS``.

    >>> usual_workers(torch.device("cuda"))
    1
    """
    return 1 if device.type != "cpu" else min(available_cores(), MOST_WORKERS)


_CONTEXT: list[Any] = []
"""What the tasks of this process are done with; filled once, when the process begins."""


def _begin(reopen: Callable[[], object], threads: int) -> None:
    # Ctrl-C reaches every process of a terminal; the first one tells the others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    torch.set_num_threads(threads)
    prepare_threads()
    _CONTEXT.append(reopen())


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _work(work: Callable[[Any, Task], Result], task: Task) -> Result:
    return work(_CONTEXT[0], task)


def _run_in_pool(
    pool: ProcessPoolExecutor,
    work: Callable[[Any, Task], Result],
    tasks: Sequence[Task],
    advance: Callable[[], None],
) -> list[Result]:
    futures: list[Future[Result]] = []
    try:
        futures += [pool.submit(_work, work, task) for task in tasks]
        left = set(futures)
        while left:
            done, left = wait(left, return_when=FIRST_COMPLETED)
            for future in done:
                _counted(future.result(), advance)
    except BrokenProcessPool as error:
        raise WorkerLost(
            "A worker process was killed, probably for want of memory; give the same command again with one worker."
        ) from error
    finally:
        # After an error nobody waits for the tasks that have not begun.
        for future in futures:
            future.cancel()
    return [future.result() for future in futures]


def _counted(result: Result, advance: Callable[[], None]) -> Result:
    advance()
    return result
