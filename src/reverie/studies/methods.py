"""Which method makes the best movies? Each of them, and each of its ingredients, on the same held-out clips."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace

import pandas as pd

from reverie.inversion.methods.paper import PaperSolver
from reverie.inversion.windows import cut
from reverie.jobs.job import Clip, Job
from reverie.jobs.settings import USUAL, ReconstructionSettings
from reverie.studies.attempts import COLUMNS, Attempt, in_turns, joined_job, score_attempt
from reverie.studies.experiment import Experiment, Findings, Picture
from reverie.studies.laboratory import Conditions, Laboratory
from reverie.studies.method_figures import (
    differences_figure,
    methods_figure,
    sentences_on_differences,
    table_of_differences,
    table_of_methods,
)

SIZES: Mapping[str, tuple[int, int]] = {"quick": (2, 0), "laptop": (12, 1), "paper": (50, 50)}
"""Clips of each animal, by scale, and for how many of the first animal's the published 1000 steps are taken, which cost
more than all else together."""

STOPS, BLURS = (20, 40, 60, 80, 100, 150, 200), (0.5, 1.0, 2.0, 3.0)
"""Numbers of steps and final blurs (pixels and frames): the published method gets what is best on validation clips."""

RIDGE, NETWORK, CHOSEN, MAP = "ridge", "convolutional", "published, chosen stop and blur", "map"
LONG, LONG_ALL = "published, 1000 steps", "published, 1000 steps, all encoders"
BEST = "best"
ANIMALS, REPEATS = "map, animals joined", "map, repeats joined"
PAIRS = (
    (MAP, CHOSEN),
    (MAP, RIDGE),
    (BEST, RIDGE),
    (BEST, MAP),
    (ANIMALS, MAP),
    (REPEATS, MAP),
)
"""Methods whose difference is told, clip by clip."""


def at_its_size(laboratory: Laboratory) -> Laboratory:
    """Return the laboratory with as many clips as this experiment takes, and stops to choose from at every scale."""
    scale = laboratory.scale
    clips = SIZES.get(scale.name, (scale.clips, 0))[0]
    return replace(laboratory, scale=replace(scale, clips=clips, stops=STOPS, validation=max(1, scale.validation - 1)))


def conditions(laboratory: Laboratory) -> Conditions:
    """Return, by method, the jobs of a clip; none for a clip that the method leaves out."""
    materials, encoders = laboratory.materials, laboratory.encoders
    chosen = laboratory.settings(blurs=BLURS)
    probable = ReconstructionSettings("map", USUAL["map"][0], blur=USUAL["map"][1])
    best = ReconstructionSettings("best", blur=0.0)
    long = replace(chosen, steps=1000, blur=0.5)
    few = laboratory.clips[: SIZES.get(laboratory.scale.name, (0, 0))[1]]
    turns = in_turns(laboratory.clips)

    def by(settings: ReconstructionSettings, count: int = 1) -> Callable[[Clip], list[Job]]:
        return lambda clip: [Job(clip, (folder,), settings) for folder in encoders[:count]]

    def joined(join: str) -> Callable[[Clip], list[Job]]:
        return lambda clip: joined_job(materials, clip, encoders[0], probable, join)

    def only(clips: Collection[Clip], jobs: Callable[[Clip], list[Job]]) -> Callable[[Clip], list[Job]]:
        return lambda clip: jobs(clip) if clip in clips else []

    ways = {
        RIDGE: by(ReconstructionSettings("ridge", blur=0.0)),
        NETWORK: by(ReconstructionSettings("convolutional", blur=0.0)),
        LONG: only(few, by(long)),
        LONG_ALL: only(few, by(long, len(encoders))),
        CHOSEN: only(turns, by(chosen)),
        "published, chosen stop, blur 0.5": only(turns, by(replace(chosen, blur=0.5))),
        "map, sizes of responses": only(turns, by(replace(probable, likelihood="sizes"))),
        "map, no prior to speak of": only(turns, by(replace(probable, weight=0.01))),
        "map, cuts not looked for": only(turns, by(replace(probable, find_cuts=False))),
        MAP: by(probable),
        "map, all encoders": only(turns, by(probable, len(encoders))),
        "map, encoders joined": only(turns, lambda clip: [Job(clip, encoders, probable)]),
        "best, camera not followed": only(turns, by(replace(best, follow=0))),
        "best, without ridge": only(turns, by(replace(best, map_share=1.0))),
        BEST: by(best),
        ANIMALS: joined("animals"),
        REPEATS: only(turns, joined("repeats")),
    }
    return {name: jobs for name, jobs in ways.items() if len(encoders) > 1 or "encoders" not in name}


def plan(laboratory: Laboratory) -> list[Job]:
    """Every method for every clip."""
    return laboratory.all_jobs(conditions(laboratory))


def conclude(laboratory: Laboratory) -> Findings:
    """Lay the methods out in one table, and compare them clip by clip."""
    seed = laboratory.materials.sources.seed
    wanted = [(name, clip, jobs(clip)) for name, jobs in conditions(laboratory).items() for clip in laboratory.clips]
    attempts = [Attempt(name, clip, jobs, list(map(laboratory.place, jobs))) for name, clip, jobs in wanted if jobs]
    scores = pd.DataFrame(laboratory.workers.run(score_attempt, attempts, "scores of all methods"))
    differences = table_of_differences(scores, PAIRS, seed)
    return Findings(
        [*sentences_on_differences(differences), _about(laboratory)],
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


def _about(laboratory: Laboratory) -> str:
    chosen = laboratory.settings(blurs=BLURS)
    frames = laboratory.clips[0].read(laboratory.materials).frames
    ratio = cut(frames, stride=PaperSolver.stride).count / cut(frames, stride=chosen.stride).count
    return (
        f"For the published method {chosen.steps} steps and a blur of {chosen.blur:g} were best on validation clips; "
        f"its windows began every {chosen.stride} frames (every {PaperSolver.stride}, as published, they would make "
        f"{ratio:.1f} times as many passes). Held-out neurons are those of other animals that saw the same movie: the "
        "correlation of their responses with what the first encoder predicts from the reconstruction. Passes are "
        "windows of 32 frames through one encoder, forward and back. Seconds are those of one process of this machine, "
        "whatever else it did."
    )


METHODS = Experiment(
    "methods",
    "Methods side by side",
    "Which method makes the best movies, what does each ingredient bring, and at what cost?",
    plan,
    conclude,
    at_its_size,
)
