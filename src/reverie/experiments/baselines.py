"""What simpler decoders reach: ridge regression and a small network, trained on the encoder's own training trials."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from reverie.decoding.files import read_decoder_description
from reverie.evaluation.bootstrap import paired_difference
from reverie.experiments.experiment import Experiment, Findings, Picture
from reverie.experiments.laboratory import Conditions, Laboratory
from reverie.report.conditions import summarise_conditions, value
from reverie.report.experiment_page import Beside
from reverie.report.plates import column_figure, draw_groups
from reverie.training.loop import LOG
from reverie.workflows.decoding import decoder_folder
from reverie.workflows.descending import read_result
from reverie.workflows.jobs import Clip, Job
from reverie.workflows.settings import USUAL, ReconstructionSettings

VIDEO, DYNAMIC = "video_correlation", "video_correlation_dynamic"
PAPER: Final = "paper's method"
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
    """Every clip by each method; a decoder is fitted when the first clip of its animal needs it."""
    # Animals take turns, so that two processes fit the decoders of two animals and not one decoder twice.
    names = [clip.animal for clip in laboratory.clips]
    turns = {clip: names[:place].count(clip.animal) for place, clip in enumerate(laboratory.clips)}
    clips = sorted(laboratory.clips, key=lambda clip: turns[clip])
    return [job for jobs in conditions(laboratory).values() for clip in clips for job in jobs(clip)]


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
            *(_difference(scores, name, seed) for name in DECODERS),
            "All three learned from the same training trials and are scored on the same clips in the same mask. Times "
            "are those of this machine and may include other work on it; the paper's method needs a trained encoder "
            "first, whose training time is given.",
        ],
        [_picture(costs, video)],
        comparison,
    )


def _difference(scores: pd.DataFrame, name: str, seed: int) -> str:
    """Return a sentence on how a decoder compares with the paper's method, clip by clip."""
    wide = scores.pivot_table(index=["animal", "clip"], columns="condition", values=VIDEO, sort=False)
    animals = wide.index.get_level_values("animal").tolist()
    ours, theirs = (wide[column].to_numpy(np.float64) for column in (name, PAPER))
    found = paired_difference(ours, theirs, seed=seed, animals=animals)
    interval = f" [{found.low:+.3f}, {found.high:+.3f}]" if np.isfinite(found.low) else ""
    better = int((ours > theirs).sum())
    return (
        f"Video correlation, {name} minus the paper's method: {found.mean:+.3f}{interval}; "
        f"it is better on {better} of {len(ours)} clips."
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


def _picture(scores: pd.DataFrame, summary: pd.DataFrame) -> Picture:
    figure, (axes,) = column_figure()
    draw_groups(axes, scores, summary, VIDEO, summary["condition"].tolist())
    axes.set_ylabel("video correlation r")
    caption = "Video correlation by method: each small mark is a clip (shapes are animals), the large one the mean."
    return Picture("baselines", caption, figure, scores)


BASELINES = Experiment(
    "baselines",
    "Simpler decoders",
    "Do a linear decoder and a small network, trained on the same trials, do as well as inverting an encoder?",
    plan,
    conclude,
)
