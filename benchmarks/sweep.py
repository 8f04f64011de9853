"""What a job costs beside its work: many small jobs in processes of this machine, and on a Dask scheduler or Slurm.

``python -m benchmarks.sweep [--on here] [--jobs 2] [--count 1000] [--seconds 0.05]``: tasks that keep a core busy so
long. Efficiency is the processor time that the work takes alone, over the time of so many workers until all is done;
starting the workers is told apart. The last column is the processor time of the driver alone, for each job: on a busy
machine it is the only one that says something of the program.
"""

import time
from argparse import ArgumentParser
from functools import partial

from reverie.jobs.engines.settings import EngineOptions
from reverie.jobs.workers import open_workers


def work(context: int, seconds: float) -> float:
    """Keep a core busy for so much processor time; return how much it was."""
    began = time.process_time()
    while time.process_time() - began < seconds:
        pass
    return time.process_time() - began


def main() -> None:
    """Measure and print one row: where, workers, jobs, each, starting, all, overhead a job, efficiency, driver."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--on", default="here")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=0.05)
    parser.add_argument("--memory", default="1GB")
    asked = parser.parse_args()
    tasks = [asked.seconds] * asked.count
    began = time.perf_counter()
    with open_workers(0, partial(int, "0"), EngineOptions(asked.on, asked.jobs, memory=asked.memory)) as workers:
        # As many as there are workers, and long enough that each gets one.
        workers.run(work, [1.0] * asked.jobs, "starting")
        started, own = time.perf_counter(), time.process_time()
        busy = sum(workers.run(work, tasks, "small jobs"))
        took, own = time.perf_counter() - started, time.process_time() - own
    overhead = took * asked.jobs / asked.count - busy / asked.count
    print(
        f"| {asked.on} | {asked.jobs} | {asked.count} | {asked.seconds} s | {started - began:.1f} s | {took:.1f} s | "
        f"{1000 * overhead:.1f} ms | {busy / (took * asked.jobs):.2f} | {1000 * own / asked.count:.1f} ms |"
    )


if __name__ == "__main__":
    main()
