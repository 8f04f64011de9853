"""A real Slurm of two nodes: the same movies as here, though a node, a worker and the driver are killed on the way.

It starts daemons as root, so it runs only where REVERIE_REQUIRE_SLURM asks for it, as continuous integration does.
"""

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from tests.cluster.slurm import NODES, missing, running, wait_for

from reverie.fitted.reconstruction import Reconstruction
from reverie.fitted.session import Sources
from reverie.inversion.mask import save_mask
from reverie.inversion.methods.paper import Paper
from reverie.runs.reconstructing import Run, reconstruct_trials

ROOT = Path(__file__).parents[2]

TRIALS = ("0", "1", "2", "6")

pytestmark = pytest.mark.slurm


@pytest.fixture(scope="module")
def slurm(tmp_path_factory):
    if not os.environ.get("REVERIE_REQUIRE_SLURM"):
        pytest.skip("REVERIE_REQUIRE_SLURM=1 starts a Slurm of our own; it needs root and Debian's slurmd, slurmctld.")
    assert not missing()
    with running(tmp_path_factory.mktemp("slurm")) as found:
        yield found


@pytest.fixture
def command(tiny_world, tmp_path):
    """Reconstruct four trials with so many steps of the published method as there is time to kill something."""
    save_mask(tmp_path / "mask.npz", np.full((12, 16), 1.2, np.float32))
    words = ["reconstruct", tiny_world.data, tiny_world.encoder, "--animal", "alpha", "--mask", tmp_path / "mask.npz"]
    return [sys.executable, "-m", "reverie.cli.main", *map(str, words), "--trials", *TRIALS, "--method", "paper"]


def begin(command, slurm, out, *more):
    environment = {**slurm.environment, "XDG_CACHE_HOME": str(out.parent / "cache"), "OMP_NUM_THREADS": "1"}
    words = [*command, "--out", str(out), *more]
    return subprocess.Popen(words, env=environment, stderr=subprocess.PIPE, cwd=out.parent)


def ended(process):
    _, told = process.communicate()
    assert process.returncode == 0, told.decode()
    return told.decode()


def jobs_in(slurm, state="R"):
    return slurm.tell("squeue", "-h", "-t", state, "-o", "%A").split()


def test_jobs_are_done_once_though_a_node_and_the_driver_are_killed(slurm, tiny_world, command, tmp_path):
    on_slurm = ("--steps", "60", "--on", "slurm", "--jobs", "2", "--memory", "1GB", "--walltime", "00:05:00")
    there, here = tmp_path / "there", tmp_path / "here"
    first = begin(command, slurm, there, *on_slurm)
    try:
        wait_for(lambda: first.poll() is not None or list(there.glob("jobs/*/movie.npz")), "the first movie", 300)
        slurm.kill_node(NODES[0])
        slurm.start_node(NODES[0])
    finally:
        first.send_signal(signal.SIGKILL)
        first.communicate()
    before = {path: path.stat().st_mtime_ns for path in there.glob("jobs/*/movie.npz")}
    slurm.tell("scancel", "--user", "root")  # they would end by themselves a minute after their driver
    told = ended(begin(command, slurm, there, *on_slurm))
    assert "The jobs go to slurm; watch them at http" in told
    assert before
    assert {path: path.stat().st_mtime_ns for path in before} == before
    sources = Sources(tiny_world.data, (tiny_world.encoder,), ("alpha",), mask=tmp_path / "mask.npz")
    reconstruct_trials(sources, here, trials=TRIALS, run=Run(Paper(steps=60)))
    for trial in TRIALS:
        ours, theirs = (Reconstruction.load(out / "alpha" / trial) for out in (here, there))
        np.testing.assert_array_equal(theirs.frames, ours.frames)
    assert len(list(there.glob("jobs/*"))) == len(TRIALS)
    assert not list(there.glob("jobs/*/unfinished.npz"))
    wait_for(lambda: not jobs_in(slurm), "the end of our workers")


def test_what_slurm_refuses_is_one_sentence(slurm, command, tmp_path):
    process = begin(command, slurm, tmp_path / "out", "--on", "slurm", "--scheduler-option=--partition=none")
    _, told = process.communicate()
    assert process.returncode == 1
    assert "reverie: slurm takes no jobs: " in told.decode()
    assert "invalid partition" in told.decode()
