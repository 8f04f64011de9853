"""When to stop the descent and how much to blur: chosen once on validation clips, and kept."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from reverie.execution.workers import Workers
from reverie.foundation.files import write_text
from reverie.workflows.jobs import Job
from reverie.workflows.materials import Materials
from reverie.workflows.stopping import Stop, best_stop, score_on_the_way, stop_table


def choose_stop(jobs: Sequence[Job], candidates: Sequence[Stop], workers: Workers[Materials], folder: Path) -> Stop:
    """Return the stop with the best mean score over the jobs, each of a validation clip.

    The scores are kept in ``folder`` under a name made of all that decides them, and read from there the next time.
    """
    prints = [job.fingerprint(workers.context) for job in jobs]
    key = hashlib.sha256(json.dumps([prints, list(candidates)]).encode()).hexdigest()[:16]
    path = folder / f"{key}.csv"
    if path.exists():
        return best_stop(pd.read_csv(path, index_col=["steps", "blur"]))
    tasks = [(job, tuple(candidates)) for job in jobs]
    curves = workers.run(_score, tasks, f"choosing the stop for {jobs[0].targets} responses")
    names = [f"{job.clip.animal} {job.clip.name}" for job in jobs]
    scores = stop_table(dict(zip(names, curves, strict=True)))
    write_text(path, scores.to_csv())
    return best_stop(scores)


def _score(materials: Materials, task: tuple[Job, tuple[Stop, ...]]) -> dict[Stop, float]:
    return score_on_the_way(task[0], materials, task[1])
