"""A real Slurm of two nodes: the same movies as here, though a node, a worker and the driver are killed on the way.

It starts daemons as root, so it runs only where REVERIE_REQUIRE_SLURM asks for it, as continuous integration does.
"""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from tests.cluster.slurm import NODES, missing, running, wait_for

from reverie.fitted.reconstruction import Reconstruction
from reverie.fitted.session import Sources
from reverie.foundation.errors import ReverieError
from reverie.inversion.mask import save_mask
from reverie.inversion.methods.paper import Paper
from reverie.jobs.engines.settings import EngineOptions
from reverie.jobs.workers import open_workers
from reverie.runs.reconstructing import reconstruct_trials
from reverie.runs.run import Run

ROOT = Path(__file__).parents[2]

TRIALS = ("0", "1", "6")

pytestmark = pytest.mark.slurm


@pytest.fixture(scope="module")
def daemons(tmp_path_factory):
    if not os.environ.get("REVERIE_REQUIRE_SLURM"):
        pytest.skip("REVERIE_REQUIRE_SLURM=1 starts a Slurm of our own; it needs root and Debian's slurmd, slurmctld.")
    assert not missing()
    with running(tmp_path_factory.mktemp("slurm")) as found:
        yield found


@pytest.fixture
def slurm(daemons, tmp_path, monkeypatch):
    monkeypatch.setenv("SLURM_CONF", daemons.environment["SLURM_CONF"])
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return daemons


def jobs_in(slurm, state="R"):
    return slurm.tell("squeue", "-h", "-t", state, "-o", "%A").split()


def test_jobs_are_done_once_though_a_node_and_the_driver_are_killed(slurm, tiny_world, tmp_path, capsys):
    mask, there, here = tmp_path / "mask.npz", tmp_path / "there", tmp_path / "here"
    save_mask(mask, np.full((12, 16), 1.2, np.float32))
    words = ["reconstruct", tiny_world.data, tiny_world.encoder, "--animal", "alpha", "--mask", mask, "--out", there]
    words += ["--trials", *TRIALS, "--method", "paper", "--steps", "60"]
    words += ["--on", "slurm", "--jobs", "2", "--memory", "1GB", "--walltime", "00:05:00"]
    first = subprocess.Popen([sys.executable, "-m", "reverie.cli.main", *map(str, words)], cwd=ROOT)
    try:
        wait_for(lambda: first.poll() is not None or list(there.glob("jobs/*/movie.npz")), "the first movie")
        slurm.kill_node(NODES[0])
        slurm.start_node(NODES[0])
    finally:
        first.send_signal(signal.SIGKILL)
        first.wait()
    slurm.tell("scancel", "--user", "root")  # they would end by themselves a minute after their driver
    wait_for(lambda: not jobs_in(slurm), "the end of the first workers")
    before = {path: path.stat().st_mtime_ns for path in there.glob("jobs/*/movie.npz")}
    assert before
    sources = Sources(tiny_world.data, (tiny_world.encoder,), ("alpha",), mask=mask)
    run = Run(Paper(steps=60))
    on = EngineOptions("slurm", jobs=2, memory="1GB", walltime="00:05:00")
    reconstruct_trials(sources, there, trials=TRIALS, run=run, on=on)
    assert "The jobs go to slurm; watch them at http" in capsys.readouterr().err
    assert {path: path.stat().st_mtime_ns for path in before} == before
    reconstruct_trials(sources, here, trials=TRIALS, run=run)
    for trial in TRIALS:
        ours, theirs = (Reconstruction.load(out / "alpha" / trial) for out in (here, there))
        np.testing.assert_array_equal(theirs.frames, ours.frames)
    assert len(list(there.glob("jobs/*"))) == len(TRIALS)
    assert not list(there.glob("jobs/*/unfinished.npz"))
    wait_for(lambda: not jobs_in(slurm), "the end of our workers")


def wait_and_note(context, path):
    """Tell which process begins a task, wait until it may go on, and note that it is done."""
    path.with_suffix(".begun").write_text(str(os.getpid()))
    while not (path.parent / "go").exists():
        time.sleep(0.1)
    with path.open("a") as notes:
        notes.write("done\n")


def test_tasks_are_done_once_though_a_waiting_job_is_cancelled_and_a_worker_killed(slurm, tmp_path, monkeypatch):
    monkeypatch.setattr("reverie.jobs.engines.dask.CHECK_EVERY", 0.5)
    monkeypatch.setattr("reverie.jobs.engines.batch_workers.LIST_EVERY", 0.5)
    tasks = [tmp_path / str(number) for number in range(20)]
    # Two nodes of one core: the third worker waits.
    on = EngineOptions("slurm", jobs=3, memory="1GB", walltime="00:20:00")
    with open_workers(0, partial(int, "0"), on) as workers, ThreadPoolExecutor(1) as aside:
        running = aside.submit(workers.attempt, wait_and_note, tasks, "", [path.name for path in tasks])
        try:
            wait_for(lambda: len(list(tmp_path.glob("*.begun"))) == 2 and jobs_in(slurm, "PD"), "the workers")
            (cancelled,) = jobs_in(slurm, "PD")
            slurm.tell("scancel", cancelled)
            wait_for(lambda: set(jobs_in(slurm, "PD")) - {cancelled}, "another in its place")
            os.kill(int(next(tmp_path.glob("*.begun")).read_text()), signal.SIGKILL)
        finally:
            (tmp_path / "go").touch()
        outcomes = running.result(900)
    assert [one.error for one in outcomes] == [None] * len(tasks)
    assert [path.read_text() for path in tasks] == ["done\n"] * len(tasks)
    wait_for(lambda: not jobs_in(slurm, "R,PD"), "the end of our workers")


def test_refusal_by_slurm_is_one_sentence(slurm):
    on = EngineOptions("slurm", jobs=1, scheduler_option=("--partition=none",))
    with (
        open_workers(0, partial(int, "0"), on) as workers,
        pytest.raises(ReverieError, match=r"slurm takes no jobs: .*invalid partition"),
    ):
        workers.run(wait_and_note, [ROOT], "")
