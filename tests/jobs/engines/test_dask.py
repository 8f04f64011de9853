"""The workers of a Dask scheduler that somebody else started, by its address."""

import os
import signal
from functools import partial

import dask
import pytest
from distributed import LocalCluster
from tests.forking import forks

from reverie.foundation.errors import OutOfTime, ReverieError, WorkerLost
from reverie.jobs.engines.settings import EngineOptions
from reverie.jobs.workers import open_workers


def times(context, task):
    if task < 0:
        raise ReverieError(f"{task} is below 0.")
    if task == 666:
        os.kill(os.getpid(), signal.SIGKILL)
    return context * task, os.getpid()


def leave_once(context, path):
    if path.exists():
        return int(path.read_text()), os.getpid()
    path.write_text(str(os.getpid()))
    raise OutOfTime("The time of this process is over.")


@pytest.fixture(scope="module")
def address():
    """Two workers, which have time to come again on a busy machine: nobody asks for others in their place."""
    forks()
    kept = {"distributed.deploy.lost-worker-timeout": "1h", "distributed.worker.multiprocessing-method": "forkserver"}
    with dask.config.set(kept), LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as cluster:
        yield cluster.scheduler_address


def test_tasks_are_done_in_the_workers_and_failures_come_back(address, capsys):
    with open_workers(10, partial(int, "20"), EngineOptions(address)) as workers:
        outcomes = workers.attempt(times, [3, -1, 2, 4], "", ["a", "b", "c", "d"])
        assert [one.result and one.result[0] for one in outcomes] == [60, None, 40, 80]
        assert str(outcomes[1].error) == "-1 is below 0."
        assert os.getpid() not in {one.result[1] for one in outcomes if one.result}
    assert "/status" in capsys.readouterr().err
    # Another opening is not taken for the first one.
    with open_workers(10, partial(int, "30"), EngineOptions(address)) as workers:
        assert [value for value, _ in workers.run(times, [1, 2], "")] == [30, 60]


@pytest.mark.slow
def test_a_job_that_kills_its_workers_is_named_and_the_rest_goes_on(address):
    with open_workers(10, partial(int, "20"), EngineOptions(address)) as workers:
        killer, *others = workers.attempt(times, [666, 1, 2], "", ["the killer", "b", "c"])
    assert isinstance(killer.error, WorkerLost)
    assert "over the killer" in str(killer.error)
    assert [one.result[0] for one in others] == [20, 40]


def test_where_no_scheduler_is_one_sentence_says_so(monkeypatch):
    monkeypatch.setattr("reverie.jobs.engines.dask.SCHEDULER_TIMEOUT", 0.5)
    with pytest.raises(ReverieError, match=r"There is no Dask scheduler at tcp://127\.0\.0\.1:1"):
        open_workers(10, partial(int, "20"), EngineOptions("tcp://127.0.0.1:1")).__enter__()


def test_a_task_whose_worker_has_no_time_left_goes_on_in_another(address, tmp_path):
    with open_workers(10, partial(int, "20"), EngineOptions(address)) as workers:
        ((first, second),) = workers.run(leave_once, [tmp_path / "left"], "")
    assert first != second
