"""Which method makes the best movies? Each of them, and each of its ingredients, on the same held-out clips."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from reverie.encoders.prediction import predict
from reverie.fitted.session import Session
from reverie.foundation.arrays import Movie
from reverie.inversion.methods.combined import Combined
from reverie.inversion.methods.map import Map
from reverie.inversion.methods.paper import Paper
from reverie.inversion.methods.registry import Method
from reverie.inversion.methods.ridge import Ridge
from reverie.inversion.postprocessing import average, blur
from reverie.inversion.windows import cut
from reverie.jobs.clip import Clip, by_animal, repeats_of
from reverie.jobs.job import Job
from reverie.jobs.store import JobFolder, read_solution
from reverie.recordings.opening import responses_of
from reverie.scoring.correlation import mean_of_defined, response_correlation
from reverie.scoring.rule import scored_frames
from reverie.studies.method_figures import (
    differences_figure,
    methods_figure,
    sentences_on_differences,
    table_of_differences,
    table_of_methods,
)
from reverie.studies.setup import Conditions, Setup, jobs_for, measure_movie
from reverie.studies.study import Findings, Picture, Study

COLUMNS = (
    "video_correlation",
    "video_correlation_dynamic",
    "video_correlation_pattern",
    "frame_correlation",
    "ssim",
    "pixel_correlation",
    "held_out_neurons",
    "passes",
    "seconds",
)
"""Scores and costs of every method."""

SIZES: Mapping[str, tuple[int, int]] = {"quick": (2, 0), "laptop": (12, 1), "paper": (50, 50)}
"""Clips of each animal, by scale, and clips of the first animal on which the published method takes its 1000 steps;
these cost more than everything else together."""

STOPS, BLURS = (20, 40, 60, 80, 100, 150, 200), (0.5, 1.0, 2.0, 3.0)
"""Numbers of steps, and final blurs (pixels and frames), of which the published method gets the best on validation
clips."""

RIDGE, CHOSEN, MAP = "ridge", "published, chosen stop and blur", "map"
LONG, LONG_ALL = "published, 1000 steps", "published, 1000 steps, all encoders"
COMBINED, STILL = "combined", "combined, camera not followed"
ANIMALS, REPEATS = "map, animals joined", "map, repeats joined"
PAIRS = (
    (MAP, CHOSEN),
    (MAP, RIDGE),
    (COMBINED, RIDGE),
    (COMBINED, MAP),
    (COMBINED, STILL),
    (ANIMALS, MAP),
    (REPEATS, MAP),
)
"""Methods whose difference is reported, clip by clip."""


def held_out_correlation(session: Session, movie: Movie, clip: Clip, used: Collection[str]) -> float:
    """Return how well a reconstruction predicts neurons it was not made from, of other animals that saw the movie.

    The first encoder predicts their responses from the reconstruction. Predicted and recorded responses are correlated
    for each neuron, and the correlations averaged. NaN when no other animal saw the movie.

    Parameters
    ----------
    used
        Animals whose responses the reconstruction was made from.
    """
    encoder = next(iter(session.encoders.values()))
    found = []
    for other in repeats_of(session, clip, "animals"):
        if other.animal not in used:
            trial = other.read(session)
            scored = scored_frames(trial.frames)
            rates = predict(encoder, movie, trial.known_state, other.animal)
            found.append(response_correlation(rates[:, scored], responses_of(other.animal, trial)[:, scored]))
    return mean_of_defined(np.array(found, dtype=float))


@dataclass(frozen=True)
class Attempt:
    """One method on one clip: the jobs whose movies are averaged, and where their results lie."""

    method: str
    clip: Clip
    jobs: Sequence[Job]
    places: Sequence[JobFolder]


def score_attempt(session: Session, attempt: Attempt) -> dict[str, object]:
    """Return a row: condition, animal, clip, and ``COLUMNS``. Passes and seconds are summed over the jobs."""
    result = average([read_solution(place.finished) for place in attempt.places])
    movie = blur(result.movie, attempt.jobs[0].method.blur)
    used = {clip.animal for job in attempt.jobs for clip in (job.clip, *job.together)}
    found = {
        **measure_movie(session, movie, attempt.clip),
        "held_out_neurons": held_out_correlation(session, movie, attempt.clip, used),
        "passes": float(result.passes),
        "seconds": result.seconds,
    }
    names = {"condition": attempt.method, "animal": attempt.clip.animal, "clip": attempt.clip.name}
    return names | {column: found[column] for column in COLUMNS}


def with_own_size(setup: Setup) -> Setup:
    """Return the setup with as many clips as this study takes, and with stops to choose from at every scale."""
    scale = setup.scale
    clips = SIZES.get(scale.name, (scale.clips, 0))[0]
    return replace(setup, scale=replace(scale, clips=clips, stops=STOPS, validation=max(1, scale.validation - 1)))


def conditions(setup: Setup) -> Conditions:
    """Return the jobs of each clip, by method; a method may be tried on some of the clips only."""
    encoders, first = setup.encoders, setup.encoders[:1]
    chosen = setup.settings(blurs=BLURS)
    probable = Map(draws=0)
    long = replace(chosen, steps=1000, blur=0.5)
    few = setup.clips[: SIZES.get(setup.scale.name, (0, 0))[1]]
    turns = in_turns(setup.clips)
    ways = {
        RIDGE: setup.jobs(Ridge(), first),
        LONG: setup.jobs(long, first, clips=few),
        LONG_ALL: setup.jobs(long, clips=few),
        CHOSEN: setup.jobs(chosen, first, clips=turns),
        "published, chosen stop, blur 0.5": setup.jobs(replace(chosen, blur=0.5), first, clips=turns),
        "map, sizes of responses": setup.jobs(replace(probable, likelihood="sizes"), first, clips=turns),
        "map, no prior to speak of": setup.jobs(replace(probable, weight=0.01), first, clips=turns),
        "map, cuts not looked for": setup.jobs(replace(probable, find_cuts=False), first, clips=turns),
        MAP: setup.jobs(probable, first),
        "map, all encoders": setup.jobs(probable, clips=turns),
        "map, encoders joined": {clip: [Job(clip, encoders, probable)] for clip in turns},
        STILL: setup.jobs(Combined(calibrated=False, follow=0), first, clips=turns),
        COMBINED: setup.jobs(Combined(calibrated=False), first),
        ANIMALS: joined_jobs(setup, setup.clips, probable, "animals"),
        REPEATS: joined_jobs(setup, turns, probable, "repeats"),
    }
    return {name: jobs for name, jobs in ways.items() if len(encoders) > 1 or "encoders" not in name}


def joined_jobs(setup: Setup, clips: Sequence[Clip], method: Method, join: str) -> dict[Clip, list[Job]]:
    """Return the job that explains each clip together with other trials of its movie, where there are others.

    The job is the same whichever of the trials the clip is, so it is done only once.
    """
    found = {}
    for clip in clips:
        others = repeats_of(setup.session, clip, join)
        first, *rest = sorted([clip, *others], key=lambda one: (one.animal, one.name))
        if rest:
            found[clip] = [Job(first, setup.encoders[:1], method, together=tuple(rest))]
    return found


def in_turns(clips: Sequence[Clip]) -> list[Clip]:
    """Return some of the clips, animals taking turns: the first clip of the first, the second of the second, …"""
    kept, every = [], by_animal(clips).values()
    for turn, own in enumerate(every):
        kept += own[turn % len(own) :: len(every)] if len(own) > 1 else own
    return kept


def conclude(setup: Setup) -> Findings:
    """Put the methods' means into one table, and compare the methods clip by clip."""
    seed = setup.seed
    attempts = [
        Attempt(name, clip, jobs, list(map(setup.place, jobs)))
        for name, clips in conditions(setup).items()
        for clip, jobs in clips.items()
    ]
    scores = pd.DataFrame(setup.workers.run(score_attempt, attempts, "scores of all methods"))
    differences = table_of_differences(scores, PAIRS, seed)
    return Findings(
        [*sentences_on_differences(differences), _about(setup)],
        [
            Picture(
                "methods", "Mean over clips with its 95 % interval, by method.", methods_figure(scores, seed), scores
            ),
            Picture(
                "differences",
                "Differences clip by clip: mean and 95 % interval (bootstrap over clips within animals).",
                differences_figure(differences),
                differences,
            ),
        ],
        tables={"Means over clips": table_of_methods(scores, COLUMNS)},
    )


def _about(setup: Setup) -> str:
    chosen = setup.settings(blurs=BLURS)
    frames = setup.clips[0].read(setup.session).frames
    ratio = cut(frames, stride=Paper.stride).count / cut(frames, stride=chosen.stride).count
    return (
        f"For the published method {chosen.steps} steps and a blur of {chosen.blur:g} were best on validation clips; "
        f"its windows began every {chosen.stride} frames (every {Paper.stride}, as published, they would make "
        f"{ratio:.1f} times as many passes). Held-out neurons are those of other animals that saw the same movie: the "
        "correlation of their responses with what the first encoder predicts from the reconstruction. Passes are "
        "windows of 32 frames through one encoder, forward and back. Seconds are those of one process on this machine, "
        "which may have done other work too."
    )


METHODS = Study(
    "methods",
    "Methods side by side",
    "Which method makes the best movies, what does each ingredient bring, and at what cost?",
    conclude,
    jobs_for(conditions),
    with_own_size,
)
