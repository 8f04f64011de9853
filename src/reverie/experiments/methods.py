"""Which method makes the best movies? Each of them, and each of its ingredients, on the same held-out clips."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import pandas as pd

from reverie.experiments.experiment import Experiment, Findings, Picture
from reverie.experiments.laboratory import Conditions, Laboratory
from reverie.report.conditions import sentence_on_difference
from reverie.report.method_figures import (
    PARTS,
    differences_figure,
    methods_figure,
    table_of_differences,
    table_of_methods,
)
from reverie.workflows.jobs import Clip, Job
from reverie.workflows.methods import costs, held_out_correlation, joined_job, measure_movie
from reverie.workflows.settings import USUAL, ReconstructionSettings

SIZES: Mapping[str, tuple[int, int]] = {"quick": (2, 0), "laptop": (12, 1), "paper": (50, 50)}
"""Clips of each animal, by scale, and for how many of the first animal's the published 1000 steps are taken, which cost
more than all else together."""

STOPS, BLURS = (20, 40, 60, 80, 100, 150), (0.5, 1.0, 2.0, 3.0)
"""Numbers of steps and final blurs (pixels and frames): the published method gets what is best on validation clips."""

COLUMNS = ("video_correlation", "video_correlation_dynamic", "frame_correlation", "ssim", "pixel_correlation")
FURTHER = ("held_out_neurons", "passes", "seconds")

RIDGE, NETWORK, CHOSEN, MAP, BEST = "ridge", "convolutional", "published, chosen stop and blur", "map", "best"
BEST_ALL = "best, all encoders"
LONG, LONG_ALL = "published, 1000 steps", "published, 1000 steps, all encoders"
ANIMALS, REPEATS = "map, animals joined", "map, repeats joined"
PAIRS = ((MAP, CHOSEN), (MAP, RIDGE), (BEST, RIDGE), (BEST, MAP), (BEST_ALL, BEST), (ANIMALS, MAP), (REPEATS, MAP))
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

    def by(settings: ReconstructionSettings, count: int = 1) -> Callable[[Clip], list[Job]]:
        return lambda clip: [Job(clip, (folder,), settings) for folder in encoders[:count]]

    def joined(join: str) -> Callable[[Clip], list[Job]]:
        return lambda clip: joined_job(materials, clip, encoders[0], probable, join)

    ways = {
        RIDGE: by(ReconstructionSettings("ridge", blur=0.0)),
        NETWORK: by(ReconstructionSettings("convolutional", blur=0.0)),
        LONG: lambda clip: by(long)(clip) if clip in few else [],
        LONG_ALL: lambda clip: by(long, len(encoders))(clip) if clip in few else [],
        CHOSEN: by(chosen),
        "published, chosen stop, blur 0.5": by(replace(chosen, blur=0.5)),
        "map, sizes of responses": by(replace(probable, likelihood="sizes")),
        "map, no prior to speak of": by(replace(probable, weight=0.01)),
        MAP: by(probable),
        "map, all encoders": by(probable, len(encoders)),
        "map, encoders joined": lambda clip: [Job(clip, encoders, probable)],
        "best, without ridge": by(replace(best, map_share=1.0)),
        BEST: by(best),
        BEST_ALL: by(best, len(encoders)),
        ANIMALS: joined("animals"),
        REPEATS: joined("repeats"),
    }
    return {name: jobs for name, jobs in ways.items() if len(encoders) > 1 or "encoders" not in name}


def plan(laboratory: Laboratory) -> list[Job]:
    """Every method for every clip."""
    sized = at_its_size(laboratory)
    return sized.all_jobs(conditions(sized))


def conclude(laboratory: Laboratory) -> Findings:
    """Lay the methods out in one table, and compare them clip by clip."""
    sized, seed = at_its_size(laboratory), laboratory.materials.sources.seed
    wanted = [(name, clip, jobs(clip)) for name, jobs in conditions(sized).items() for clip in sized.clips]
    scores = pd.DataFrame([_row(sized, name, clip, jobs) for name, clip, jobs in wanted if jobs])
    differences = table_of_differences(scores, PAIRS, seed)
    return Findings(
        [
            *(sentence_on_difference(scores, score, *pair, seed) for pair in PAIRS[:4] for score in PARTS),
            _about(sized),
        ],
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
        tables={"Means over clips": table_of_methods(scores, (*COLUMNS, *FURTHER))},
    )


def _row(laboratory: Laboratory, name: str, clip: Clip, jobs: Sequence[Job]) -> dict[str, object]:
    materials, movie = laboratory.materials, laboratory.movie(jobs)
    used = {one.animal for job in jobs for one in (job.clip, *job.together)}
    found = measure_movie(materials, movie, clip)
    return {
        "condition": name,
        "animal": clip.animal,
        "clip": clip.name,
        **{column: found[column] for column in COLUMNS},
        "held_out_neurons": held_out_correlation(materials, movie, clip, sorted(used)),
        **costs([laboratory.place(job) for job in jobs]),
    }


def _about(laboratory: Laboratory) -> str:
    chosen = laboratory.settings(blurs=BLURS)
    return (
        f"For the published method {chosen.steps} steps and a blur of {chosen.blur:g} were best on validation clips. "
        "Held-out neurons are those of other animals that saw the same movie: the correlation of their responses with "
        "what the first encoder predicts from the reconstruction. Passes are windows of 32 frames through one encoder, "
        "forward and back. Seconds are those of one process of this machine, whatever else it did."
    )


METHODS = Experiment(
    "methods",
    "Methods side by side",
    "Which method makes the best movies, what does each ingredient bring, and at what cost?",
    plan,
    conclude,
)
