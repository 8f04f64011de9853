"""What a linear decoder reaches: ridge regression, fitted to the encoder's own training trials."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from reverie.inversion.linear.ridge import read_decoder_description
from reverie.inversion.methods.ridge import Ridge
from reverie.jobs.clip import by_animal
from reverie.jobs.job import Job
from reverie.jobs.store import read_solution
from reverie.studies.conditions import VIDEO, mean_text, sentence_on_difference, summarise_conditions
from reverie.studies.setup import Conditions, Setup, jobs_for, jobs_of
from reverie.studies.study import Findings, PaperComparison, Study, groups_picture
from reverie.training.loop import LOG

DYNAMIC = "video_correlation_dynamic"
PAPER = "the paper's method"
RIDGE = "ridge"


def conditions(setup: Setup) -> Conditions:
    """Return the one job of each clip, by condition; both methods learn from the first encoder's training trials."""
    first = setup.encoders[:1]
    return {PAPER: setup.jobs(encoders=first), RIDGE: setup.jobs(Ridge(), first)}


def conclude(setup: Setup) -> Findings:
    """Compare scores clip by clip, and the time that training and running take."""
    wanted = conditions(setup)
    scores = setup.score(wanted)
    seed = setup.seed
    video, dynamic = (summarise_conditions(scores, score, list(wanted), seed) for score in (VIDEO, DYNAMIC))
    run = {name: _seconds_a_clip(setup, jobs_of({name: clips})) for name, clips in wanted.items()}
    train = {PAPER: _encoder_seconds(setup.encoders[0]), RIDGE: _decoder_seconds(setup)}
    costs = scores.assign(seconds_to_run=scores["condition"].map(run), seconds_to_train=scores["condition"].map(train))
    comparison = [
        PaperComparison(
            name,
            f"{mean_text(video, name)}, dynamic part {mean_text(dynamic, name)}; "
            f"{_seconds(train[name])} to train, {_seconds(run[name])} a clip",
            "0.444 with one encoder" if name == PAPER else "not run",
        )
        for name in wanted
    ]
    return Findings(
        [
            sentence_on_difference(scores, VIDEO, RIDGE, PAPER, seed),
            "Both learned from the same training trials and are scored on the same clips in the same mask. Times "
            "are those of this machine and may include other work on it; the paper's method needs a trained encoder "
            "first, whose training time is given.",
        ],
        [groups_picture("baselines", "Video correlation by method", costs, video, VIDEO)],
        comparison,
    )


def _seconds_a_clip(setup: Setup, jobs: Sequence[Job]) -> float:
    return float(np.mean([read_solution(setup.place(job).finished).seconds for job in jobs]))


def _decoder_seconds(setup: Setup) -> float:
    """Return how many seconds fitting the decoders took, summed over animals."""
    fits = [setup.session.fitted(animal, setup.encoders[0]) for animal in by_animal(setup.clips)]
    about = [read_decoder_description(fitted.found("ridge").parent)["about"] for fitted in fits]
    return float(sum(each.get("seconds", np.nan) for each in about))


def _encoder_seconds(folder: Path) -> float:
    """Return how many seconds the encoder was trained, NaN where its folder has no log."""
    log = folder / LOG
    return float(pd.read_csv(log)["seconds"].iloc[-1]) if log.exists() else float("nan")


def _seconds(seconds: float) -> str:
    return f"{seconds:,.3g} s" if np.isfinite(seconds) else "time unknown"


BASELINES = Study(
    "baselines",
    "Simpler decoders",
    "Does a linear decoder, trained on the same trials, do as well as inverting an encoder?",
    conclude,
    jobs_for(conditions),
)
