"""What only other processes can tell: memory as the system counts it, and several processes beside one."""

import multiprocessing
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks.scaling import one_step, problem_with
from benchmarks.subjects import make_subject
from reverie.foundation.devices import prepare_threads
from reverie.jobs.engines.local import available_cores
from reverie.jobs.engines.settings import EngineOptions
from reverie.jobs.workers import open_workers

STATUS = Path("/proc/self/status")
FORGET_PEAK = Path("/proc/self/clear_refs")
"""Where Linux tells a process's memory, and where writing 5 makes it forget the peak so far."""


@dataclass(frozen=True)
class Sharing:
    """Seconds from one step of a window to the next: one process with all threads, or a process of one thread a core.

    processes: how many of the latter ran.
    """

    processes: int
    threads_together: float
    processes_apart: float


def compare_sharing(size: str, neurons: int, steps: int) -> Sharing | None:
    """Time so many steps a core both ways; None where there is one core only."""
    count = available_cores()
    if count == 1:
        return None
    opened = partial(_open_step, size, neurons)
    tasks = [None] * (count * steps)
    step = opened()
    with open_workers(step, opened, EngineOptions(jobs=count)) as workers:
        # Once to open the encoders.
        workers.run(_take_step, tasks[: 2 * count], "Opening processes")
        began = time.perf_counter()
        workers.run(_take_step, tasks, "Processes of one thread")
        apart = (time.perf_counter() - began) / len(tasks)
    step()
    began = time.perf_counter()
    for _ in range(steps):
        step()
    return Sharing(count, (time.perf_counter() - began) / steps, apart)


def resident_peak(size: str, neurons: int, frames: int) -> float | None:
    """Return the most bytes that a step takes beside what is there before it, the weights among them; None if unknown.

    Measured in a process of its own, as the system counts it.
    """
    if not (STATUS.exists() and FORGET_PEAK.exists()):
        return None
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(_measure_peak, size, neurons, frames).result()


def _measure_peak(size: str, neurons: int, frames: int) -> float:
    problem = problem_with(make_subject(size, neurons), frames)
    # Only now: from here on freed memory is kept.
    prepare_threads()
    before = _memory("VmRSS")
    FORGET_PEAK.write_text("5", encoding="ascii")
    one_step(problem)()
    return _memory("VmHWM") - before


def _memory(name: str) -> float:
    line = next(line for line in STATUS.read_text(encoding="utf-8").splitlines() if line.startswith(name))
    return 1024.0 * int(line.split()[1])


def _open_step(size: str, neurons: int) -> Callable[[], object]:
    return one_step(problem_with(make_subject(size, neurons), 32))


def _take_step(step: Callable[[], object], _: None) -> None:
    step()
