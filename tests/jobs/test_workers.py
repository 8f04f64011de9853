"""Tasks done here and in other processes: same results in order, errors told when the rest is done, killers named."""

import multiprocessing
import os
import signal
import time
from functools import partial

import pytest
import torch
from tests.forking import OwnForks, forks

from reverie.foundation.errors import NoSpace, ReverieError, WorkerLost
from reverie.foundation.progress import say
from reverie.jobs.engines import local
from reverie.jobs.engines.contract import Opening
from reverie.jobs.engines.local import default_workers, threads_of_each
from reverie.jobs.engines.settings import EngineOptions
from reverie.jobs.workers import Workers, open_workers

TWO = EngineOptions(jobs=2)
AS_THE_PROGRAM = OwnForks.__base__


def times(context, task):
    if task < 0:
        raise ReverieError(f"{task} is below 0.")
    if task == 404:
        raise NoSpace("The disk is full.")
    if task == 666:
        os.kill(os.getpid(), signal.SIGKILL)
    return context * task, os.getpid(), torch.get_num_threads()


def test_without_other_processes_tasks_are_done_here_in_order():
    results = Workers(10).run(times, [3, 1, 2], "")
    assert [value for value, _, _ in results] == [30, 10, 20]
    assert {process for _, process, _ in results} == {os.getpid()}
    assert Workers(10).run(times, [], "") == []


def test_a_failure_keeps_no_other_task_from_being_done():
    outcomes = Workers(10).attempt(times, [1, -1, 2], "")
    assert [one.result and one.result[0] for one in outcomes] == [10, None, 20]
    assert str(outcomes[1].error) == "-1 is below 0."
    with pytest.raises(ReverieError, match=r"^-1 is below 0\.$"):
        Workers(10).run(times, [1, -1, 2], "")
    with pytest.raises(ReverieError) as caught:
        Workers(10).run(times, [-1, -2, 3, -1], "", ["a", "b", "c", "d"])
    assert str(caught.value) == ("3 jobs failed, all others are done:\n  a, d: -1 is below 0.\n  b: -2 is below 0.")
    done = []
    with pytest.raises(NoSpace):
        Workers(done).run(lambda done, task: (times(1, task), done.append(task)), [1, 404, 2], "")
    assert done == [1]


@pytest.mark.slow
def test_other_processes_open_the_context_for_themselves_and_a_killer_is_named():
    with open_workers(10, partial(int, "20"), TWO) as workers:
        results = workers.run(times, [3, 1, 2, 4], "")
        assert [value for value, _, _ in results] == [60, 20, 40, 80]
        assert os.getpid() not in {process for _, process, _ in results}
        with pytest.raises(ReverieError, match="-1 is below 0"):
            workers.run(times, [1, -1], "")
        outcomes = workers.attempt(times, [666, 5, 6, 7], "", ["the killer", "b", "c", "d"])
        assert isinstance(outcomes[0].error, WorkerLost)
        assert "killed 3 times over the killer" in str(outcomes[0].error)
        assert [one.result[0] for one in outcomes[1:]] == [100, 120, 140]


@pytest.fixture
def started_afresh(monkeypatch):
    """Start processes as the program does."""
    monkeypatch.setattr("reverie.jobs.engines.local._OwnProcesses", AS_THE_PROGRAM)


def wait_for_a_minute():
    time.sleep(60)


def interrupted(seen):
    with open_workers(10, partial(int, "20"), TWO) as workers:
        seen |= {process for _, process, _ in workers.run(times, [1, 2, 3, 4], "")}
        raise KeyboardInterrupt


def test_an_error_ends_our_processes_and_no_others(started_afresh):
    other = forks().Process(target=wait_for_a_minute)
    other.start()
    ours = set()
    try:
        with pytest.raises(KeyboardInterrupt):
            interrupted(ours)
        assert other.is_alive()
        assert ours
        while {process.pid for process in multiprocessing.active_children()} & ours:
            time.sleep(0.05)  # a process that was told to end is there for another moment; a test that hangs here fails
    finally:
        other.terminate()
        other.join()


def test_a_graphics_card_is_used_by_one_process():
    assert default_workers(torch.device("cuda")) == 1
    assert 1 <= default_workers(torch.device("cpu")) <= 4


def test_processes_share_the_cores_and_none_has_more_threads_than_this_one(monkeypatch, one_thread):
    monkeypatch.setattr("reverie.jobs.engines.local.available_cores", lambda: 8)
    assert threads_of_each(2) == 1
    torch.set_num_threads(3)
    assert [threads_of_each(count) for count in (2, 4, 16)] == [3, 2, 1]


def test_notes_on_recordings_are_not_printed_by_each_process(monkeypatch, capsys):
    monkeypatch.setattr(local, "prepare_threads", lambda: None)
    monkeypatch.setattr(local, "_OPENED", {})
    opening = Opening(lambda: say("two trials are left out") or 10)
    assert local.do_task(opening, lambda context, task: say(f"task {task}") or context * task, 3) == 30
    assert capsys.readouterr().err == "task 3\n"
