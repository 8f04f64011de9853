"""Tasks in the processes of a cluster, by dask.distributed, whose workers may come and go at any time.

Only descriptions of tasks are sent; results are in files that every machine can access.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from queue import Empty, SimpleQueue
from typing import Any
from uuid import uuid4

from reverie.foundation.errors import ReverieError, WorkerLost
from reverie.foundation.progress import say
from reverie.jobs.engines.batch import cluster_class, import_or_tell, noting_refusals, options
from reverie.jobs.engines.batch_workers import BatchWorkers
from reverie.jobs.engines.contract import TRIES, Opening, Outcome, out_of_time, worker_lost
from reverie.jobs.engines.local import do_task
from reverie.jobs.engines.settings import EngineOptions

CHECK_EVERY = 5.0
"""Seconds between checks for missing workers."""

SCHEDULER_TIMEOUT = 60.0
"""Seconds to wait for a scheduler's answer."""

SCHEDULER = {
    # Waiting tasks stay in the scheduler, which is in this process. In a worker's queue, they would be counted among
    # the tasks that may have killed the worker.
    "distributed.scheduler.worker-saturation": 1.0,
    "distributed.scheduler.allowed-failures": TRIES - 1,
    # A killed worker is started again in its own job; after this time the job is ended and another requested.
    "distributed.deploy.lost-worker-timeout": "120s",
}


@contextmanager
def dask_workers(opening: Opening, on: EngineOptions) -> Iterator["DaskWorkers"]:
    """Yield the workers of an existing Dask scheduler, or those of a batch system, requested now and ended afterwards.

    Raises ReverieError when there is no such scheduler or the packages are not installed.
    """
    dask, distributed = import_or_tell("dask"), import_or_tell("distributed")
    refusals: list[str] = []
    with dask.config.set(SCHEDULER):
        cluster = _batch_cluster(on, refusals) if on.batch else None
        try:
            with _client(distributed, cluster, on) as client:
                say(f"The jobs go to {on.on}; watch them at {client.dashboard_link}.")
                yield DaskWorkers(opening, on, client, None if cluster is None else BatchWorkers(on, cluster, refusals))
        finally:
            if cluster is not None:
                with suppress(Exception):  # workers that cannot be ended now end by themselves without this process
                    cluster.close()


def _client(distributed: Any, cluster: Any, on: EngineOptions) -> Any:  # noqa: ANN401 - optional packages without types
    try:
        return distributed.Client(cluster or on.on, timeout=SCHEDULER_TIMEOUT, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise ReverieError(f"There is no Dask scheduler at {on.on} ({error}); start one, or see --on.") from error


def _batch_cluster(on: EngineOptions, refusals: list[str]) -> Any:  # noqa: ANN401 - an optional package without types
    try:
        return cluster_class(on)(
            job_cls=noting_refusals(on, refusals),
            scheduler_options={"dashboard_address": ":0"},
            silence_logs="critical",
            **options(on),
        )
    except (OSError, RuntimeError, ValueError) as error:
        raise ReverieError(f"{on.on} cannot be used here: {error}") from error


class DaskWorkers:
    """Workers of a Dask scheduler that was started here for a batch system, or of an existing one."""

    def __init__(self, opening: Opening, on: EngineOptions, client: Any, batch: BatchWorkers | None) -> None:  # noqa: ANN401
        self.opening, self.on, self.client, self.batch = opening, on, client, batch
        self.last_check = time.monotonic()

    def do(self, work: Callable[[Any, Any], Any], tasks: Sequence[Any], names: Sequence[str]) -> Iterator[Outcome]:
        """Begin tasks in their order and yield each outcome as soon as it is known.

        Raises ReverieError when the batch system refuses jobs or starts no worker; WorkerLost when the scheduler is
        gone.
        """
        ended: SimpleQueue[Any] = SimpleQueue()
        left: dict[Any, int] = {}
        try:
            for number, (task, name) in enumerate(zip(tasks, names, strict=True)):
                key = f"{name} {uuid4().hex[:8]}"
                future = self.client.submit(_do_or_reschedule, self.opening, work, task, key=key, pure=False)
                left[key] = number
                future.add_done_callback(ended.put)
            while left:
                future = self._next(ended)
                if future is not None:
                    yield self._outcome(future, left.pop(future.key), names)
        finally:
            # After an error, the remaining tasks are not needed.
            if left and self.client.status == "running":
                self.client.cancel(list(left))

    def _next(self, ended: "SimpleQueue[Any]") -> Any:  # noqa: ANN401 - a future of dask.distributed, or None
        if time.monotonic() - self.last_check >= CHECK_EVERY:
            self._check()
        with suppress(Empty):
            return ended.get(timeout=CHECK_EVERY)
        return None

    def _outcome(self, future: Any, number: int, names: Sequence[str]) -> Outcome:  # noqa: ANN401
        if future.status == "finished":
            return Outcome(number, future.result())
        error = future.exception() if future.status == "error" else None
        if error is None:
            raise WorkerLost(f"{self.on.on} dropped {names[number]}; give the same command again.")
        if type(error).__name__ == "KilledWorker":
            return Outcome(number, error=worker_lost(names[number]))
        return Outcome(number, error=error)

    def _check(self) -> None:
        self.last_check = time.monotonic()
        if self.client.status not in ("running", "connecting"):
            raise WorkerLost(f"The scheduler of {self.on.on} is gone; give the same command again.")
        if self.batch is not None:
            self.batch.maintain()


def _do_or_reschedule(opening: Opening, work: Callable[[Any, Any], Any], task: object) -> object:
    """Do a task; where this worker's time ends before or during it, another worker continues it."""
    from distributed import Reschedule, Status, get_worker

    from reverie.foundation.errors import OutOfTime

    if not out_of_time():
        try:
            return do_task(opening, work, task)
        except OutOfTime:
            pass
    worker = get_worker()
    worker.loop.add_callback(worker.close_gracefully, reason="walltime")
    until = time.monotonic() + SCHEDULER_TIMEOUT
    while worker.status == Status.running and time.monotonic() < until:
        time.sleep(0.05)
    raise Reschedule
