"""Choosing when to stop the descent on movies that are not the ones asked about.

The published method takes 1000 steps whatever the data. On small populations it then fits the noise of the single
trial. How many steps are good is measured on validation trials, whose movies are known and are not reported.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from reverie.fitted.materials import Materials
from reverie.foundation.arrays import Movie
from reverie.foundation.files import write_text
from reverie.foundation.progress import labelled_bar
from reverie.inversion.postprocessing import blur
from reverie.inversion.problem import Progress
from reverie.inversion.reconstruct import Solver, reconstruct
from reverie.jobs.engine import Workers
from reverie.jobs.job import Job, problem_of
from reverie.scoring.correlation import video_correlation
from reverie.scoring.rule import scored_region

Stop = tuple[int, float]
"""When a descent ends: after how many steps, and the sigma of the final blur in pixels and frames."""


def choose_steps(jobs: Sequence[Job], materials: Materials, candidates: Sequence[int]) -> tuple[int, pd.DataFrame]:
    """Return the number of steps with the best mean video correlation, and the scores (rows steps, columns clips).

    Each job (of a validation clip) is done once, for as many steps as the largest candidate.
    """
    curves = {}
    for job in jobs:
        name = f"{job.clip.animal} {job.clip.name}"
        stops = [(steps, job.settings.blur) for steps in candidates]
        curves[name] = score_on_the_way(job, materials, stops, f"choosing the stop on {name}")
    scores = stop_table(curves).droplevel("blur")
    return int(scores.index[int(scores.mean(axis=1).argmax())]), scores


def stop_table(curves: Mapping[str, Mapping[Stop, float]]) -> pd.DataFrame:
    """Return scores as a table, rows by steps and blur, a column a clip."""
    table = pd.DataFrame({name: dict(curve) for name, curve in curves.items()})
    return table.rename_axis(["steps", "blur"])


def best_stop(scores: pd.DataFrame) -> Stop:
    """Return the stop (row) with the best mean over clips (columns)."""
    steps, blur = scores.index[int(scores.mean(axis=1).argmax())]
    return int(steps), float(blur)


def score_on_the_way(job: Job, materials: Materials, candidates: Sequence[Stop], label: str = "") -> dict[Stop, float]:
    """Return what each candidate would score: the video correlation inside the evaluation mask of one descent's movie
    after so many steps, blurred so much.

    label: of a bar of the steps; none is shown when it is empty.
    """
    trial = job.clip.read(materials)
    mask = materials.masks[job.clip.animal]
    region = scored_region(mask)
    solver: Solver[Any] = replace(job.settings.solver(), steps=max(steps for steps, _ in candidates))
    scores: dict[Stop, float] = {}
    with labelled_bar(label, solver.steps) as advance:

        def watch(progress: Progress, movie: Movie) -> None:
            advance()
            for steps, sigma in candidates:
                if progress.step == steps:
                    blurred = blur(np.asarray(movie), sigma)
                    scores[steps, sigma] = video_correlation(blurred, trial.movie, region)

        reconstruct(problem_of(job, materials), solver, observe=watch, device=materials.device)
    return scores


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
