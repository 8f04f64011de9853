"""The scale of a study: how much is done, on which clips, and after how many steps the published method stops."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from reverie.fitted.session import Session
from reverie.foundation.arrays import Movie
from reverie.foundation.errors import NotApplicable, ReverieError
from reverie.foundation.files import write_text
from reverie.foundation.fingerprints import digest_of
from reverie.inversion.methods.paper import Paper
from reverie.inversion.postprocessing import blur
from reverie.inversion.solution import Progress
from reverie.inversion.solve import solve
from reverie.jobs.clip import Clip
from reverie.jobs.job import Job, problem_of
from reverie.jobs.workers import Workers
from reverie.jobs.working import fit_for_jobs
from reverie.recordings.contents import first_of_each_movie, movie_digest, with_responses
from reverie.recordings.opening import choose_trials, evenly_spaced, of_each_animal
from reverie.recordings.recording import Recording
from reverie.recordings.tiers import TEST, VALIDATION
from reverie.scoring.correlation import video_correlation
from reverie.scoring.rule import scored_region


@dataclass(frozen=True)
class Scale:
    """The size of a study, from minutes on a laptop to the paper's full size."""

    name: str
    """Name on the command line."""
    clips: int
    """Different movies of each animal."""
    stride: int
    """Frames between windows."""
    stops: tuple[int, ...]
    """Numbers of steps to choose from on validation clips; a single number is taken as it is."""
    validation: int
    """Clips of each animal on which the number of steps is chosen."""
    shares: tuple[float, ...]
    """Shares of the neurons that are kept, in the study of population size."""
    thresholds: tuple[float, ...]
    """Thresholds of the evaluation mask that are swept."""
    probes: int
    """Distance in pixels between neighbouring probes of the receptive fields."""


THRESHOLDS = (0.0, 0.25, 0.5, 0.75, 1.0, 1.1, 1.2)

SCALES: Mapping[str, Scale] = {
    scale.name: scale
    for scale in (
        Scale("quick", 2, 32, (10, 20, 30, 45), 1, (1.0, 0.25), THRESHOLDS, 2),
        Scale("laptop", 6, 32, (20, 40, 60, 80, 100, 150, 200), 3, (1.0, 0.5, 0.25, 0.125), THRESHOLDS, 1),
        Scale("paper", 10, 8, (1000,), 0, (1.0, 0.5, 0.25, 0.125), THRESHOLDS, 1),
    )
}
"""``paper`` has the published numbers of clips, windows and steps."""


def find_scale(name: str) -> Scale:
    """Return a scale by its name; raises ReverieError when no scale has that name."""
    if name not in SCALES:
        raise ReverieError(f"There is no scale {name!r}; choose one of {', '.join(SCALES)}.")
    return SCALES[name]


REPORTED = (TEST, VALIDATION)
"""Tiers that clips are taken from unless trials are named: the first of them whose responses are known."""


def choose_clips(session: Session, trials: Sequence[str], most: int) -> tuple[Clip, ...]:
    """Return at most ``most`` clips of every animal, each movie once, evenly spread over the trials given.

    Animals without such trials are left out with a message, unless they were named. Raises ReverieError when no animal
    has such trials, or a named animal has none.
    """
    chosen = []
    choose = partial(choose_trials, names=trials) if trials else _test_trials
    found = of_each_animal(session.recordings, choose, all_needed=bool(session.sources.animals))
    for animal, names in found.items():
        recording = session.recordings[animal]
        chosen += [Clip(animal, name) for name in evenly_spaced(first_of_each_movie(recording, names), most)]
    return tuple(chosen)


def validation_clips(session: Session, reported: Sequence[Clip], count: int) -> list[Clip]:
    """Return clips of every animal whose movies are not among the reported ones.

    Raises NotApplicable when there are none.
    """
    taken = {(clip.animal, clip.name) for clip in reported}
    found = []
    for animal, recording in session.recordings.items():
        shown = {movie_digest(recording, clip.name) for clip in reported if clip.animal == animal}
        names = [name for name in _of_tier(recording, VALIDATION) if (animal, name) not in taken]
        names = [name for name in names if movie_digest(recording, name) not in shown]
        found += [Clip(animal, name) for name in evenly_spaced(names, count)]
    if not found:
        raise NotApplicable(
            "The recordings have no validation trials (such as the tier oracle) with responses besides those reported, "
            "to choose the number of steps on; use --scale paper, which takes the published number."
        )
    return found


def _test_trials(recording: Recording) -> list[str]:
    for tier in REPORTED:
        if names := _of_tier(recording, tier):
            return names
    raise NotApplicable(f"{recording.name} has no responses to test or validation trials; name trials with --trials.")


def _of_tier(recording: Recording, tier: str) -> list[str]:
    return list(with_responses(recording, recording.names(tier)))


Stop = tuple[int, float]
"""Number of steps of the published method, and the sigma of its final blur in pixels and frames.

As published it takes 1000 steps, which on small populations fit the noise of the single trial. Here the best number is
measured on validation trials, whose movies are known and not reported.
"""


def stop_table(curves: Mapping[str, Mapping[Stop, float]]) -> pd.DataFrame:
    """Return scores as a table: a row per stop (steps, blur), a column per clip."""
    table = pd.DataFrame({name: dict(curve) for name, curve in curves.items()})
    return table.rename_axis(["steps", "blur"])


def best_stop(scores: pd.DataFrame) -> Stop:
    """Return the stop (row) with the best mean over clips (columns)."""
    steps, blur = scores.index[int(scores.mean(axis=1).argmax())]
    return int(steps), float(blur)


def score_on_the_way(session: Session, job: Job, candidates: Sequence[Stop]) -> dict[Stop, float]:
    """Return the score of each candidate stop on one descent.

    The score is the video correlation, inside the evaluation mask, of the movie after that many steps, with that blur.
    """
    trial = job.clip.read(session)
    mask = session.mask(job.clip.animal)
    region = scored_region(mask)
    assert isinstance(job.method, Paper)
    method = replace(job.method, steps=max(steps for steps, _ in candidates), mask=mask)
    scores: dict[Stop, float] = {}

    def watch(progress: Progress, movie: Movie) -> None:
        for steps, sigma in candidates:
            if progress.step == steps:
                blurred = blur(np.asarray(movie), sigma)
                scores[steps, sigma] = video_correlation(blurred, trial.known_movie, region)

    solve(problem_of(job, session), method, observe=watch, device=session.device)
    return scores


def choose_stop(jobs: Sequence[Job], candidates: Sequence[Stop], workers: Workers[Session], folder: Path) -> Stop:
    """Return the stop with the best mean video correlation over the jobs, one per validation clip.

    Each job is done once, for as many steps as the largest candidate; parts it needs are fitted before. The scores are
    kept in ``folder`` under a name that is a hash of everything that decides them, and read from there the next time.

    Raises ReverieError when an animal's parts cannot be fitted.
    """
    for error in fit_for_jobs(workers, jobs).values():
        raise error
    decides = {"jobs": [job.fingerprint(workers.context) for job in jobs], "candidates": list(candidates)}
    path = folder / f"{digest_of(decides)}.csv"
    if path.exists():
        return best_stop(pd.read_csv(path, index_col=["steps", "blur"]))
    names = [f"{job.clip.animal} {job.clip.name}" for job in jobs]
    score = partial(score_on_the_way, candidates=candidates)
    curves = workers.run(score, jobs, f"choosing the stop for {jobs[0].targets} responses", names)
    scores = stop_table(dict(zip(names, curves, strict=True)))
    write_text(path, scores.to_csv())
    return best_stop(scores)
