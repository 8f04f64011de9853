"""How good could it be? Trial noise, encoder error and inversion error, one by one."""

from pathlib import Path

import numpy as np
import pandas as pd

from reverie.jobs.job import Targets
from reverie.studies import published
from reverie.studies.conditions import VIDEO, by_clip, mean_of, mean_text, sentence_on_losses, summarise_conditions
from reverie.studies.figures import COLOURS, column_figure
from reverie.studies.setup import Conditions, Setup, jobs_for
from reverie.studies.study import Findings, PaperComparison, Picture, Study, groups_picture

RECORDED, PREDICTED = "recorded", "predicted"
TRUE_RATES, TRUE_ENCODER, PERFECT = "true rates", "recorded, true encoder", "true rates, true encoder"


def conditions(setup: Setup) -> Conditions:
    """Return the job of each clip, by condition; conditions that need true rates exist for simulated animals only."""
    trained, truth = setup.encoders[0], setup.session.truth_folder
    known: dict[str, tuple[Targets, Path]] = {RECORDED: ("recorded", trained), PREDICTED: ("predicted", trained)}
    if truth is not None:
        known |= {TRUE_RATES: ("truth", trained), TRUE_ENCODER: ("recorded", truth), PERFECT: ("truth", truth)}
    return {
        name: setup.jobs(setup.settings(folder, targets), [folder], targets)
        for name, (targets, folder) in known.items()
    }


def split(scores: pd.DataFrame) -> pd.DataFrame:
    """Return the correlation that each kind of error costs, one row per clip: trial noise, encoder, inversion, total.

    r(targets, encoder) is the video correlation of the movie found from these targets through this encoder. Inversion
    error = 1 − r(true rates, truth), the loss when nothing but the inversion can err; encoder error = r(true rates,
    truth) − r(true rates, trained); trial noise = r(true rates, trained) − r(recorded, trained). They add up to 1 −
    r(recorded, trained). A part may be negative.
    """
    r = by_clip(scores, VIDEO)
    parts = {
        "inversion error": 1 - r[PERFECT],
        "encoder error": r[PERFECT] - r[TRUE_RATES],
        "trial noise": r[TRUE_RATES] - r[RECORDED],
        "total": 1 - r[RECORDED],
    }
    return pd.DataFrame(parts).reset_index()


def conclude(setup: Setup) -> Findings:
    """Compare recorded with predicted responses and, where the truth is known, split what is missing by cause."""
    by_condition = conditions(setup)
    scores = setup.score(by_condition)
    summary = summarise_conditions(scores, VIDEO, list(by_condition), setup.seed)
    sentences = [
        f"From the encoder's own predictions the video correlation is {mean_text(summary, PREDICTED)}, from the "
        f"recorded responses {mean_text(summary, RECORDED)}: one encoder, no averaging."
    ]
    caption = "Score by what the reconstruction started from, and through which encoder (the trained one unless said)"
    pictures = [groups_picture("upper_bounds", caption, scores, summary, VIDEO)]
    theirs = {RECORDED: f"{published.HEADLINE[0]} (7 encoders)", PREDICTED: f"{published.FROM_PREDICTED} (7 encoders)"}
    comparison = [PaperComparison(name, mean_text(summary, name), theirs.get(name, "–")) for name in by_condition]
    if PERFECT in by_condition:
        parts = split(scores)
        sentences.append(sentence_on_losses(parts))
        pictures.append(_bars(parts))
        inside = mean_of(summary, TRUE_ENCODER) - mean_of(summary, RECORDED)
        sentences.append(
            f"On noisy trials a perfect encoder would gain {inside:+.3f}. Each kind of target and encoder has its own "
            "stop, chosen on validation clips up to the same largest number of steps; that limit is part of the "
            "inversion error."
        )
    return Findings(sentences, pictures, comparison)


def _bars(parts: pd.DataFrame) -> Picture:
    names = ["trial noise", "encoder error", "inversion error"]
    long = parts.melt(["animal", "clip"], names, "condition", "loss")
    summary = summarise_conditions(long, "loss", names, 0)
    figure, (axes,) = column_figure(1.9)
    half_widths = np.array([summary["mean"] - summary["low"], summary["high"] - summary["mean"]])
    places = range(len(names))
    axes.bar(places, summary["mean"], width=0.6, color=COLOURS[:3], alpha=0.35)
    for place in places:
        axes.errorbar(place, summary["mean"][place], half_widths[:, [place]], fmt="o", color=COLOURS[place], capsize=2)
    axes.axhline(0, color="0.4", linewidth=0.6)
    axes.set_xticks(places, names)
    axes.set_ylabel("loss of video correlation")
    caption = "What each kind of error costs: mean and 95 % interval over clips; the three add up to 1 − r."
    return Picture("split", caption, figure, parts)


PREDICTED_RESPONSES = Study(
    "predicted",
    "Upper bounds, and what is lost where",
    "How much of what is missing is due to trial noise, to the encoder, and to the inversion?",
    conclude,
    jobs_for(conditions),
)
