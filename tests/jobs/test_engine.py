"""Tasks done here and in other processes: same results in order, errors passed on, a killed process told of."""

import multiprocessing
import os
import signal
import time
from functools import partial

import pytest
import torch

from reverie.foundation.errors import ReverieError
from reverie.jobs.engine import Workers, open_workers, usual_workers


def times(context, task):
    if task < 0:
        raise ReverieError(f"{task} is below 0.")
    if task == 666:
        os.kill(os.getpid(), signal.SIGKILL)
    return context * task, os.getpid(), torch.get_num_threads()


def test_without_other_processes_tasks_are_done_here_in_order():
    results = Workers(10).run(times, [3, 1, 2], "")
    assert [value for value, _, _ in results] == [30, 10, 20]
    assert {process for _, process, _ in results} == {os.getpid()}
    assert Workers(10).run(times, [], "") == []


def test_other_processes_open_the_context_for_themselves_and_share_the_tasks():
    with open_workers(10, partial(int, "20"), 2) as workers:
        results = workers.run(times, [3, 1, 2, 4], "")
        assert [value for value, _, _ in results] == [60, 20, 40, 80]
        assert os.getpid() not in {process for _, process, _ in results}
        with pytest.raises(ReverieError, match="-1 is below 0"):
            workers.run(times, [1, -1], "")
        with pytest.raises(ReverieError, match="worker process was killed"):
            workers.run(times, [1, 666], "")


def wait_for_a_minute():
    time.sleep(60)


def interrupted(seen):
    with open_workers(10, partial(int, "20"), 2) as workers:
        seen |= {process for _, process, _ in workers.run(times, [1, 2, 3, 4], "")}
        raise KeyboardInterrupt


def test_an_error_ends_our_processes_and_no_others():
    other = multiprocessing.get_context("spawn").Process(target=wait_for_a_minute)
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
    assert usual_workers(torch.device("cuda")) == 1
    assert 1 <= usual_workers(torch.device("cpu")) <= 4
