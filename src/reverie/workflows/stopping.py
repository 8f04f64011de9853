"""Choosing when to stop the descent on movies that are not the ones asked about.

The published method takes 1000 steps whatever the data. On small populations it then fits the noise of the single
trial. How many steps are good is measured on validation trials, whose movies are known and are not reported.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from reverie.evaluation.correlation import video_correlation
from reverie.evaluation.scores import evaluation_region
from reverie.foundation.arrays import Movie
from reverie.foundation.progress import labelled_bar
from reverie.reconstruction.postprocessing import blur
from reverie.reconstruction.problem import Progress
from reverie.reconstruction.reconstruct import Solver, reconstruct
from reverie.workflows.evaluating import scoring_threshold
from reverie.workflows.jobs import Job, problem_of
from reverie.workflows.materials import Materials


def choose_steps(jobs: Sequence[Job], materials: Materials, candidates: Sequence[int]) -> tuple[int, pd.DataFrame]:
    """Return the number of steps with the best mean video correlation, and the scores (rows steps, columns clips).

    Each job (of a validation clip) is done once, for as many steps as the largest candidate.
    """
    curves = {}
    for job in jobs:
        name = f"{job.clip.animal} {job.clip.name}"
        curves[name] = score_on_the_way(job, materials, candidates, f"choosing the stop on {name}")
    scores = pd.DataFrame(curves)
    return best_steps(scores), scores


def best_steps(scores: pd.DataFrame) -> int:
    """Return the number of steps (row) with the best mean over clips (columns)."""
    return int(scores.index[int(scores.mean(axis=1).argmax())])


def score_on_the_way(job: Job, materials: Materials, candidates: Sequence[int], label: str = "") -> dict[int, float]:
    """Return what stopping after each candidate would score: video correlation inside the evaluation mask.

    The movie is blurred as the final one would be. label: of a bar of the steps; none is shown when it is empty.
    """
    trial = job.clip.read(materials)
    mask = materials.masks[job.clip.animal]
    region = evaluation_region(mask, scoring_threshold(mask))
    solver: Solver[Any] = replace(job.settings.solver(), steps=max(candidates))
    scores: dict[int, float] = {}
    with labelled_bar(label, solver.steps) as advance:

        def watch(progress: Progress, movie: Movie) -> None:
            advance()
            if progress.step in candidates:
                blurred = blur(np.asarray(movie), job.settings.blur)
                scores[progress.step] = video_correlation(blurred, trial.movie, region)

        reconstruct(problem_of(job, materials), solver, observe=watch, device=materials.device)
    return scores
