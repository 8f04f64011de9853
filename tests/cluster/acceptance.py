"""An experiment on a real Slurm of two nodes beside the same here, while whatever can be killed is killed.

``python -m tests.cluster.acceptance FOLDER [EXPERIMENT]``, as root and from the folder of the project: simulates two
small animals, runs ``experiment EXPERIMENT --scale quick`` (by default ``paper``, all of them) here, then on Slurm,
where a node's daemon, a worker, a waiting job and the command itself are killed on the way; compares all tables and
movies, and prints what happened. Given again, what is done here is not repeated.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
from tests.cluster.slurm import NODES, running, wait_for
from tests.studies.conftest import TIERS, central_mask, make_animals

from reverie.inversion.mask import save_mask

SIZE, FRAMES, NEURONS, ENCODERS = (18, 32), 48, 60, 2

PATIENCE = 3600.0
"""Seconds to wait for anything: the machine may be busy."""

EXPERIMENT = sys.argv[2] if len(sys.argv) > 2 else "paper"

BEGAN = time.monotonic()


def log(told: str) -> None:
    """Print it with the seconds since the beginning."""
    print(f"{time.monotonic() - BEGAN:6.0f} s  {told}", flush=True)


def make_world(folder: Path) -> None:
    """Two animals, the encoder that knows their truth, and two whose filters are wrong, each in its own way."""
    make_animals(folder, SIZE, FRAMES, NEURONS)
    save_mask(folder / "mask.npz", central_mask(SIZE))


def begin(folder: Path, out: Path, environment: dict[str, str], *on: str) -> subprocess.Popen[bytes]:
    """Begin the command; what it prints goes to a file beside its results."""
    encoders = [str(folder / f"encoder{seed}") for seed in range(ENCODERS)]
    words = ["experiment", EXPERIMENT, str(folder / "data"), *encoders, "--mask", str(folder / "mask.npz"), *on]
    with out.with_suffix(".out").open("ab") as told:
        return subprocess.Popen(
            [sys.executable, "-m", "reverie.cli.main", *words, "--scale", "quick", "--out", str(out)],
            env={**environment, "OMP_NUM_THREADS": "1"},
            stdout=told,
            stderr=told,
        )


def require(process: subprocess.Popen[bytes], out: Path) -> None:
    """Wait for a command; raises RuntimeError with the end of what it printed when it failed."""
    if process.wait():
        raise RuntimeError(out.with_suffix(".out").read_text()[-2000:])


def finished(out: Path) -> dict[str, int]:
    """Return the finished jobs of a store, and when each was written."""
    return {path.parent.name: path.stat().st_mtime_ns for path in (out / "jobs").glob("*/movie.npz")}


def worker_processes(slurm) -> list[int]:
    """Return the processes that do tasks: each the child of one that watches it and starts it anew."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            words, environment = (place / "cmdline").read_bytes(), (place / "environ").read_bytes()
        except OSError:
            continue
        ours = f"SLURM_CONF={slurm.folder}".encode() in environment and b"SLURM_JOB_ID=" in environment
        if ours and b"multiprocessing.spawn" in words:
            found.append(int(place.name))
    return found


def on_slurm(world: Path, out: Path, slurm, count: int) -> None:
    """Run the suite there, with everything that may go wrong; ``count`` jobs are expected."""
    on = ("--on", "slurm", "--jobs", "3", "--memory", "1GB", "--walltime", "00:30:00")
    environment = {**slurm.environment, "XDG_CACHE_HOME": str(out.parent / "cache")}
    command, seen = begin(world, out, environment, *on), dict[str, int]()

    def look(share: float) -> bool:
        seen.update({job: when for job, when in finished(out).items() if job not in seen})
        return command.poll() is not None or len(seen) >= share * count

    def done(share: float) -> None:
        wait_for(lambda: look(share), f"{share:.0%}", PATIENCE)
        log(f"{len(seen)} of {count} jobs are done; Slurm's list: {slurm.tell('squeue', '-h', '-o', '%A %T').split()}")

    try:
        done(0.05)
        for job in slurm.tell("squeue", "-h", "-t", "PD", "-o", "%A").split():
            slurm.tell("scancel", job)
            log(f"cancelled the waiting job {job}")
        done(0.15)
        slurm.kill_node(NODES[0])
        log(f"killed slurmd of {NODES[0]}")
        time.sleep(10)
        slurm.start_node(NODES[0])
        log(f"started slurmd of {NODES[0]} again")
        done(0.3)
        wait_for(lambda: worker_processes(slurm), "a worker", PATIENCE)
        worker = worker_processes(slurm)[0]
        os.kill(worker, signal.SIGKILL)
        log(f"killed the worker process {worker}")
        done(0.5)
        command.kill()
        command.wait()
        log("killed the command")
        command = begin(world, out, environment, *on)
        log("gave the command again")
        done(0.75)
        done(2.0)  # until it ends
        require(command, out)
    finally:
        command.kill()
    again = [job for job, when in finished(out).items() if seen[job] != when]
    log(f"the command ended; {len(finished(out))} jobs in the store, of {count}; written twice: {len(again)}")
    assert not again


def tables(out: Path) -> dict[str, pd.DataFrame]:
    """Return all tables below a folder without their columns of seconds."""
    found = {str(path.relative_to(out)): pd.read_csv(path) for path in sorted(out.rglob("*.csv"))}
    return {name: table.drop(columns=[c for c in table if "seconds" in c]) for name, table in found.items()}


def compare(here: Path, there: Path) -> None:
    """Raise AssertionError where a table, a movie or a job differs."""
    ours, theirs = tables(here), tables(there)
    assert ours.keys() == theirs.keys()
    for name, table in ours.items():
        pd.testing.assert_frame_equal(table, theirs[name], check_exact=True, obj=name)
    log(f"{len(ours)} tables are identical but for seconds")
    assert finished(here).keys() == finished(there).keys()
    for job in finished(here):
        first, second = (np.load(out / "jobs" / job / "movie.npz")["movie"] for out in (here, there))
        np.testing.assert_array_equal(first, second)
    log(f"the movies of {len(finished(here))} jobs are identical")
    assert not list(there.rglob("unfinished.npz"))


def main() -> None:
    """Do all of it."""
    folder = Path(sys.argv[1]).absolute()
    world, here, there = folder / "world", folder / "here", folder / "there"
    shown = f"{sum(TIERS.values())} movies of {FRAMES} frames, {SIZE[0]} × {SIZE[1]} pixels"
    log(f"{EXPERIMENT}: 2 animals of {NEURONS} neurons, {shown}")
    if not (world / "mask.npz").exists():
        world.mkdir(parents=True, exist_ok=True)
        make_world(world)
        shutil.copytree(world, folder / "world-there")
    require(begin(world, here, dict(os.environ), "--on", "here", "--jobs", "2"), here)
    log(f"here: {len(finished(here))} jobs are done")
    with running(folder / "slurm") as slurm:
        on_slurm(folder / "world-there", there, slurm, len(finished(here)))
    compare(here, there)


if __name__ == "__main__":
    main()
