"""Scoring the movies of a run against the movies that were shown."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from reverie.fitted.reconstruction import training_warning
from reverie.foundation.errors import ReverieError
from reverie.foundation.files import write_bytes
from reverie.foundation.progress import say, say_broken
from reverie.runs.run_folder import RunFolder, TrialFolder
from reverie.scoring.rule import EVALUATION_THRESHOLD, WEAK_MASK, scoring_threshold
from reverie.scoring.statistics import FEWEST_CLIPS
from reverie.scoring.tables import as_text, read_scores, score_table, summarise, write_scores

PRINTED_SCORES = (
    "video_correlation",
    "video_correlation_dynamic",
    "video_correlation_pattern",
    "frame_correlation",
    "ssim",
    "video_correlation_other_movie",
)
"""The scores that are printed; the table holds all scores."""


def evaluate_run(folder: Path) -> pd.DataFrame:
    """Score every finished movie of a run, write RUN/scores.csv, print the summary, and return the table.

    Movies whose truth is not known have no scores, nor have those that cannot be scored, such as where a mask is
    empty; the latter are named in a message. Raises ReverieError when the folder is not a run, or holds no finished
    movie, or none of several can be scored.
    """
    run = RunFolder(folder)
    seed = int(run.read_record()["seed"])
    rows: list[dict[str, str | float]] = []
    compared: list[TrialFolder] = []
    weak: list[str] = []
    seen: list[str] = []
    failed: list[ReverieError] = []
    for place, found in run.read_trials("scoring"):
        if found.truth is None:
            continue
        compared.append(place)
        try:
            scored = found.score(seed=seed)
        except ReverieError as error:
            failed.append(ReverieError(f"{found.name}: {error}"))
            continue
        rows.append({"animal": place.animal, "trial": place.trial, "method": found.method, **scored})
        weak += [found.name] if scoring_threshold(found.mask) < EVALUATION_THRESHOLD else []
        seen += [] if found.held_out else [found.name]
    say_broken(failed, rows, "Not scored")
    if weak:
        say(f"{', '.join(weak)}: {WEAK_MASK}")
    if not rows:
        say("None of the movies can be compared with a true one, so there are no scores.")
        return pd.DataFrame()
    scores = score_table(rows)
    write_scores(run.scores, scores)
    write_bytes(run.scores_digest, _sums(run, compared))
    _print_summary(scores, seed)
    if seen:
        say(training_warning(seen))
    say(f"All scores are in {run.scores}.")
    return scores


def read_or_evaluate(folder: Path, known: Sequence[TrialFolder]) -> pd.DataFrame:
    """Return the kept scores of the trials whose true movies are ``known``; where anything changed, new scores.

    Raises ReverieError when a movie cannot be read.
    """
    run = RunFolder(folder)
    if not run.scores.exists():
        return evaluate_run(folder)
    kept = run.scores_digest.read_bytes() if run.scores_digest.is_file() else b""
    if not (run.scores.is_file() and kept.startswith(_sums(run, ()))):
        say(f"{run.scores} is not what was written, so it was damaged or edited; the movies are scored again.")
        return evaluate_run(folder)
    # Movies may have been removed, added or replaced by copying since.
    return read_scores(run.scores) if kept == _sums(run, known) else evaluate_run(folder)


def _sums(run: RunFolder, compared: Sequence[TrialFolder]) -> bytes:
    """Return the hashes, as ``sha256sum`` reads them, of the table and of what identifies each movie with a truth."""
    paths = (run.scores, *(place.finished for place in compared))
    lines = (
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(run.folder).as_posix()}\n"
        for path in paths
    )
    return "".join(lines).encode(errors="surrogateescape")


def _print_summary(scores: pd.DataFrame, seed: int) -> None:
    """Print the main scores of each trial, and their means, with 95 % confidence intervals if there are enough."""
    shown = [*PRINTED_SCORES, *(name for name in scores.columns if name.startswith("coverage"))]
    print(scores[["animal", "trial", *shown]].to_string(index=False, float_format="%.3f"))
    if len(scores) > 1:
        means = as_text(summarise(scores, seed=seed)).iloc[0]
        interval = " [95 % confidence interval]" if len(scores) >= FEWEST_CLIPS else ""
        print(f"\nmean{interval} over {len(scores)} movies")
        print("\n".join(f"  {name.replace('_', ' '):<32}{means[name]}" for name in shown))
