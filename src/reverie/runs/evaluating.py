"""Scoring the movies of a run against what the animals saw."""

from pathlib import Path

import pandas as pd

from reverie.foundation.arrays import Movie
from reverie.foundation.progress import say, tracked
from reverie.runs.evidence import Found, read_evidence, read_result
from reverie.runs.run_folder import RunFolder, TrialFolder
from reverie.scoring.calibration import LEVELS, coverage, standard_errors
from reverie.scoring.rule import (
    EVALUATION_THRESHOLD,
    WEAK_MASK,
    evaluation_region,
    frames_to_skip,
    scoring_threshold,
)
from reverie.scoring.scores import score
from reverie.scoring.summary import readable, summarise
from reverie.scoring.tables import score_table, write_scores

SHOWN = (
    "video_correlation",
    "video_correlation_dynamic",
    "video_correlation_pattern",
    "frame_correlation",
    "ssim",
    "video_correlation_other_movie",
)
"""The scores told on the terminal; the table holds all."""


def evaluate_run(folder: Path) -> pd.DataFrame:
    """Score every finished movie of a run, write RUN/scores.csv and tell the summary; return the table.

    Raises ReverieError when the folder is not a run or holds no finished movie.
    """
    run = RunFolder(folder)
    record = run.read_record()
    places = run.finished_trials()
    method, seed = str(record["settings"]["method"]), int(record["seed"])
    rows = [_score_trial(place, method, seed) for place in tracked(places, len(places), "scoring")]
    scores = score_table(rows)
    write_scores(run.scores, scores)
    _tell(scores, seed)
    say(f"All scores are in {run.scores}.")
    return scores


def _score_trial(place: TrialFolder, method: str, seed: int) -> dict[str, str | float]:
    evidence = read_evidence(place)
    found = read_result(place)
    movie, mask = found.movie, found.mask
    threshold = scoring_threshold(mask)
    if threshold < EVALUATION_THRESHOLD:
        say(f"{place.animal} trial {place.trial}: {WEAK_MASK}")
    numbers = score(
        movie,
        evidence.truth,
        mask,
        seed=seed,
        skip=frames_to_skip(len(movie)),
        threshold=threshold,
        other_movies=list(evidence.other_movies.astype("float32")),
        responses=evidence.responses,
        rates_from_reconstruction=evidence.rates_from_reconstruction,
        rates_from_truth=evidence.rates_from_truth,
    )
    held = _coverage(found, evidence.truth, threshold)
    return {"animal": place.animal, "trial": place.trial, "method": method, **numbers, **held}


def _coverage(found: Found, truth: Movie, threshold: float) -> dict[str, float]:
    """Return how often the truth lay inside the intervals, where they were calibrated."""
    if found.spread is None or found.reaches is None:
        return {}
    scored, region = slice(frames_to_skip(len(truth)), None), evaluation_region(found.mask, threshold)
    errors = standard_errors(found.movie[scored], truth[scored], found.spread[scored], region)
    shares = coverage(errors, found.reaches)
    return {f"coverage_{100 * level:.0f}": float(share) for level, share in zip(LEVELS, shares, strict=True)}


def _tell(scores: pd.DataFrame, seed: int) -> None:
    """Print the main scores of each trial, and their means with 95 % confidence intervals."""
    shown = [*SHOWN, *(name for name in scores.columns if name.startswith("coverage"))]
    print(scores[["animal", "trial", *shown]].to_string(index=False, float_format="%.3f"))
    if len(scores) > 1:
        means = readable(summarise(scores, seed=seed)).iloc[0]
        print(f"\nmean [95 % confidence interval] over {len(scores)} movies")
        print("\n".join(f"  {name.replace('_', ' '):<32}{means[name]}" for name in shown))
