"""What simpler decoders reach: ridge regression and a small network, trained on the encoder's own training trials."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from reverie.fitted.decoding import decoder_folder
from reverie.inversion.linear.files import read_decoder_description
from reverie.jobs.descending import read_result
from reverie.jobs.job import Clip, Job
from reverie.jobs.settings import USUAL, ReconstructionSettings
from reverie.studies.conditions import sentence_on_difference, summarise_conditions, value
from reverie.studies.experiment import Experiment, Findings, groups_picture
from reverie.studies.experiment_page import Beside
from reverie.studies.laboratory import Conditions, Laboratory
from reverie.training.loop import LOG

VIDEO, DYNAMIC = "video_correlation", "video_correlation_dynamic"
PAPER: Final = "the paper's method"
DECODERS: Final[Mapping[str, str]] = {"ridge": "ridge", "network": "convolutional"}
"""The method of each condition but the paper's."""


def conditions(laboratory: Laboratory) -> Conditions:
    """Return, by condition, the one job of a clip; all learn from the training trials of the first encoder."""
    decoders = {name: partial(_decoding, laboratory, method) for name, method in DECODERS.items()}
    return {PAPER: lambda clip: laboratory.singles(clip)[:1], **decoders}


def _decoding(laboratory: Laboratory, method: str, clip: Clip) -> list[Job]:
    steps, blur = USUAL[method]
    return [Job(clip, laboratory.encoders[:1], ReconstructionSettings(method=method, steps=steps, blur=blur))]


def plan(laboratory: Laboratory) -> list[Job]:
    """Every clip by each method."""
    return laboratory.all_jobs(conditions(laboratory))


def conclude(laboratory: Laboratory) -> Findings:
    """Compare scores clip by clip, and what training and running cost."""
    wanted = conditions(laboratory)
    scores = laboratory.score_conditions(wanted)
    seed = laboratory.materials.sources.seed
    video, dynamic = (summarise_conditions(scores, score, list(wanted), seed) for score in (VIDEO, DYNAMIC))
    run = {
        name: _seconds_a_clip(laboratory, [job for clip in laboratory.clips for job in jobs(clip)])
        for name, jobs in wanted.items()
    }
    train = {PAPER: _encoder_seconds(laboratory.encoders[0])}
    train |= {name: _decoder_seconds(laboratory, method) for name, method in DECODERS.items()}
    costs = scores.assign(seconds_to_run=scores["condition"].map(run), seconds_to_train=scores["condition"].map(train))
    comparison = [
        Beside(
            name,
            f"{value(video, name)}, dynamic part {value(dynamic, name)}; "
            f"{_seconds(train[name])} to train, {_seconds(run[name])} a clip",
            "0.444 with one encoder" if name == PAPER else "not run",
        )
        for name in wanted
    ]
    return Findings(
        [
            *(sentence_on_difference(scores, VIDEO, name, PAPER, seed) for name in DECODERS),
            "All three learned from the same training trials and are scored on the same clips in the same mask. Times "
            "are those of this machine and may include other work on it; the paper's method needs a trained encoder "
            "first, whose training time is given.",
        ],
        [groups_picture("baselines", "Video correlation by method", costs, video, VIDEO)],
        comparison,
    )


def _seconds_a_clip(laboratory: Laboratory, jobs: Sequence[Job]) -> float:
    return float(np.mean([read_result(laboratory.place(job).finished).seconds for job in jobs]))


def _decoder_seconds(laboratory: Laboratory, method: str) -> float:
    """Return how long fitting took, summed over animals."""
    animals = dict.fromkeys(clip.animal for clip in laboratory.clips)
    folders = [decoder_folder(laboratory.encoders[0], animal, method) for animal in animals]
    return float(sum(read_decoder_description(folder)["about"].get("seconds", np.nan) for folder in folders))


def _encoder_seconds(folder: Path) -> float:
    """Return how long the encoder was trained, NaN where its folder does not say."""
    log = folder / LOG
    return float(pd.read_csv(log)["seconds"].iloc[-1]) if log.exists() else float("nan")


def _seconds(seconds: float) -> str:
    return f"{seconds:,.3g} s" if np.isfinite(seconds) else "time unknown"


BASELINES = Experiment(
    "baselines",
    "Simpler decoders",
    "Do a linear decoder and a small network, trained on the same trials, do as well as inverting an encoder?",
    plan,
    conclude,
)
