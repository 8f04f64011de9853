"""Tasks in processes of this machine, which share its cores and can be interrupted.

Several processes of one thread each are faster at small arithmetic than one process of several threads.
"""

import multiprocessing
import os
import signal
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing.context import SpawnContext, SpawnProcess
from multiprocessing.process import BaseProcess
from typing import Any

import torch

from reverie.foundation.devices import prepare_threads
from reverie.foundation.progress import quietly
from reverie.jobs.engines.contract import TRIES, Opening, Outcome, worker_lost

_OPENED: dict[str, Any] = {}
"""The opened context of this process's tasks, by the token of its opening; only the last one is kept."""

_ALONE = threading.Lock()
"""Held during a task: a process of an existing cluster may have several threads, but a context is made for one."""

MOST_WORKERS = 4
"""Largest number of processes by default; more would need more memory than a machine without a GPU usually has."""


def do_task(opening: Opening, work: Callable[[Any, Any], Any], task: object) -> object:
    """Do one task with the context that this process has opened, or opens now."""
    with _ALONE:
        if opening.token not in _OPENED:
            _OPENED.clear()
            prepare_threads()
            with quietly():  # the process that opened it first has said what was found
                _OPENED[opening.token] = opening.reopen()
        return work(_OPENED[opening.token], task)


def available_cores() -> int:
    """Return how many processor cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def default_workers(device: torch.device) -> int:
    """Return the default number of workers: one for a GPU, else one per core, up to ``MOST_WORKERS``.

    >>> default_workers(torch.device("cuda"))
    1
    """
    return 1 if device.type != "cpu" else min(available_cores(), MOST_WORKERS)


def threads_of_each(count: int) -> int:
    """Return the number of threads of each of ``count`` processes: its share of the cores, at most as many as here."""
    return max(1, min(available_cores() // count, torch.get_num_threads()))


@contextmanager
def local_processes(opening: Opening, count: int) -> Iterator["LocalProcesses"]:
    """Yield ``count`` processes; they end with the block, and with this process, however it ends."""
    engine = LocalProcesses(opening, count)
    try:
        yield engine
    except BaseException:
        # An interruption should not wait for tasks that take minutes; their progress is kept in their files.
        engine.end()
        raise
    engine.close()


class LocalProcesses:
    """Processes of this machine, each started with its first task."""

    def __init__(self, opening: Opening, count: int) -> None:
        self.opening = opening
        self.slots = [_Slot(threads_of_each(count)) for _ in range(count)]

    def do(self, work: Callable[[Any, Any], Any], tasks: Sequence[Any], names: Sequence[str]) -> Iterator[Outcome]:
        """Begin tasks in their order and yield each outcome as soon as it is known.

        A task that killed its process is tried again after all others, alone on the machine.
        """
        waiting, again, deaths = deque(range(len(tasks))), deque[int](), Counter[int]()
        idle, running = self.slots[::-1], dict[Future[Any], tuple[int, _Slot]]()
        try:
            while waiting or again or running:
                while idle and (waiting or (again and not running)):
                    number, slot = (waiting or again).popleft(), idle.pop()
                    running[slot.begin(do_task, self.opening, work, tasks[number])] = number, slot
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    number, slot = running.pop(future)
                    idle.append(slot)
                    error = future.exception()
                    if isinstance(error, BrokenProcessPool):
                        slot.end()
                        deaths[number] += 1
                        if deaths[number] < TRIES:
                            again.append(number)
                            continue
                        error = worker_lost(names[number])
                    if error is not None and not isinstance(error, Exception):
                        raise error
                    yield Outcome(number, None if error else future.result(), error)
        finally:
            for _, slot in running.values():
                slot.end()

    def end(self) -> None:
        """End the processes at once."""
        for slot in self.slots:
            slot.end()

    def close(self) -> None:
        """Let the idle processes end."""
        for slot in self.slots:
            slot.close()


class _Slot:
    """One process at a time, in its own pool, so that it is known which task killed it, and no other task is lost."""

    def __init__(self, threads: int) -> None:
        self.threads = threads
        self.own = _OwnProcesses()
        self.pool: ProcessPoolExecutor | None = None

    def begin(self, work: Callable[..., Any], *arguments: object) -> Future[Any]:
        """Begin a task, in a new process where there is none."""
        if self.pool is None:
            self.pool = ProcessPoolExecutor(1, self.own, initializer=_begin, initargs=(self.threads,))
        return self.pool.submit(work, *arguments)

    def end(self) -> None:
        """End the process at once."""
        for process in self.own.started:
            if process.is_alive():
                process.terminate()
        if self.pool is not None:
            self.pool.shutdown(wait=False, cancel_futures=True)
        self.own, self.pool = _OwnProcesses(), None

    def close(self) -> None:
        """Let the process end."""
        if self.pool is not None:
            self.pool.shutdown()


class _OwnProcesses(SpawnContext):
    """Starts processes as usual and remembers them, since other processes of this interpreter must not be ended."""

    def __init__(self) -> None:
        super().__init__()
        self.started: list[BaseProcess] = []

    def Process(self, *arguments: Any, **named: Any) -> SpawnProcess:  # type: ignore[override]  # noqa: ANN401, N802
        """Start a process of ``multiprocessing``."""
        process = SpawnProcess(*arguments, **named)
        self.started.append(process)
        return process


def _begin(threads: int) -> None:
    # Ctrl-C reaches every process of a terminal; the main process ends the others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    torch.set_num_threads(threads)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
