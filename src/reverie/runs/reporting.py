"""Turning a run folder into the page to look at."""

from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from reverie.foundation.progress import say
from reverie.inversion.problem import Progress, trace_of
from reverie.report.content import RunContent, TrialContent
from reverie.report.page import write_page
from reverie.runs.evaluating import evaluate_run
from reverie.runs.evidence import read_evidence, read_result
from reverie.runs.run_folder import RunFolder, TrialFolder
from reverie.scoring.rule import EVALUATION_THRESHOLD, WEAK_MASK, frames_to_skip, scoring_threshold
from reverie.scoring.summary import summarise, summarise_animals
from reverie.scoring.tables import read_scores, score_columns

NO_OTHER_MOVIE = "the recording holds no other movie that is long enough"
"""Why a control with another movie may be missing."""

NO_OTHER_MOMENT = "no shot is long enough to be shifted within"
"""Why a control with another moment may be missing."""


def report_run(folder: Path) -> Path:
    """Write RUN/report.html and return its path; movies that are not scored yet are scored first.

    Raises ReverieError when the folder is not a run or holds no finished movie.
    """
    run = RunFolder(folder)
    record = run.read_record()
    places = run.finished_trials()
    scores = read_scores(run.scores) if run.scores.exists() else evaluate_run(folder)
    if len(scores) != len(places):
        scores = evaluate_run(folder)
    content = RunContent(
        title=f"Movies reconstructed from visual cortex: {folder.resolve().name}",
        trials=[_trial_content(place, scores) for place in places],
        sentences=_sentences(record, len(places)),
        settings=record,
        summary=_summary(scores, int(record["seed"])),
    )
    write_page(run.report, content)
    say(f"The page is {run.report}; open it in any browser.")
    return run.report


def _summary(scores: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Return the scores over all animals first, and then of each where there are several."""
    tables = [summarise(scores, seed=seed).assign(animal="all animals")]
    if scores["animal"].nunique() > 1:
        tables.append(summarise_animals(scores, seed=seed))
    return pd.concat(tables, ignore_index=True)


def _sentences(record: dict[str, Any], trials: int) -> list[str]:
    settings = record["settings"]
    encoders = len(settings["encoders"])
    return [
        *record.get("about", ()),
        f"{trials} {'trial was' if trials == 1 else 'trials were'} reconstructed from single-trial responses by the "
        f"method “{settings['method']}” with {encoders} {'encoder' if encoders == 1 else 'encoders'}; "
        f"recordings: {settings['data']}.",
    ]


def _trial_content(place: TrialFolder, scores: pd.DataFrame) -> TrialContent:
    evidence = read_evidence(place)
    found = read_result(place)
    row = scores[(scores["animal"] == place.animal) & (scores["trial"] == place.trial)].iloc[0]
    numbers = {name: float(row[name]) for name in score_columns(scores)}
    return TrialContent(
        animal=place.animal,
        trial=place.trial,
        reconstruction=found.movie,
        mask=found.mask,
        truth=evidence.truth,
        spread=found.spread,
        evidence=found.evidence,
        state=evidence.state,
        responses=evidence.responses,
        rates=evidence.rates_from_reconstruction,
        rates_from_truth=evidence.rates_from_truth,
        traces=_read_traces(place),
        scores=numbers,
        reasons={name: _reason(name) for name, value in numbers.items() if value != value},
        notes=evidence.notes if scoring_threshold(found.mask) >= EVALUATION_THRESHOLD else (*evidence.notes, WEAK_MASK),
        scored_from=frames_to_skip(len(found.movie)),
    )


def _reason(name: str) -> str:
    if name.endswith("other_movie"):
        return NO_OTHER_MOVIE
    return NO_OTHER_MOMENT if name.endswith("other_moment") else "the truth does not vary"


def _read_traces(place: TrialFolder) -> dict[str, tuple[Progress, ...]]:
    table = pd.read_csv(place.trace)
    columns = [field.name for field in fields(Progress)]
    models = table["model"].unique().tolist()
    return {
        f"model {model + 1}": trace_of(table.loc[table["model"] == model, columns].to_numpy(np.float64))
        for model in models
    }
