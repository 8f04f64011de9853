"""The table of scores, one row per animal, trial and method: on disk, and summarised as means with intervals."""

import io
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from reverie.foundation.errors import ReverieError
from reverie.foundation.files import read_text, write_text
from reverie.scoring.statistics import DRAWS, bootstrap_ends, resample_animals, t_interval

KEYS = ("animal", "trial", "method")
"""The columns that identify a row; every other column is a score."""


def score_columns(scores: pd.DataFrame) -> list[str]:
    """Return the names of the score columns, in order."""
    return [str(name) for name in scores.columns if name not in KEYS]


def score_table(rows: Sequence[Mapping[str, str | float]]) -> pd.DataFrame:
    """Return rows of scores (with animal, trial and method) as a table, keys first.

    Raises ReverieError when there are no rows, a key is missing, a score is not a number, or two rows are about the
    same animal, trial and method.

    >>> score_table([{"animal": "a", "trial": "3", "method": "paper", "rmse": 40.0}]).shape
    (1, 4)
    """
    return _checked(pd.DataFrame(list(rows)), "The table of scores")


def write_scores(path: Path, scores: pd.DataFrame) -> None:
    """Write a table of scores as CSV, whole or not at all; reading it gives the same numbers bit for bit."""
    write_text(path, _checked(scores, f"The table for {path}").to_csv(index=False, lineterminator="\n"))


def read_scores(path: Path) -> pd.DataFrame:
    """Read a table of scores written by ``write_scores``; trials stay text, empty cells are NaN.

    Raises ReverieError when the file is missing or is not such a table.
    """
    if not path.exists():
        raise ReverieError(f"{path} is missing; evaluate the run first.")
    text = read_text(path)
    try:
        # Everything is read as text first: an animal called NA or a trial called 003 must stay what it is.
        table = pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False)
        for name in score_columns(table):
            table[name] = table[name].replace("", "nan").astype(float)
    except ValueError as error:
        raise ReverieError(
            f"{path} could not be read as a table of scores ({str(error).strip()}); evaluate the run again."
        ) from error
    return _checked(table, str(path))


def _checked(scores: pd.DataFrame, name: str) -> pd.DataFrame:
    missing = [key for key in KEYS if key not in scores.columns]
    if missing or scores.empty:
        lack = f"the column {missing[0]!r}" if missing else "any row"
        raise ReverieError(f"{name} lacks {lack}; it needs animal, trial, method and at least one row.")
    wrong = [column for column in score_columns(scores) if not pd.api.types.is_numeric_dtype(scores[column])]
    if wrong:
        raise ReverieError(f"{name} holds something other than numbers in the column {wrong[0]!r}; evaluate again.")
    keys = list(KEYS)
    twice = scores.duplicated(keys)
    if twice.any():
        animal, trial, method = scores.loc[twice, keys].iloc[0]
        raise ReverieError(f"{name} has two rows for animal {animal}, trial {trial}, method {method}; keep one.")
    return scores[keys + score_columns(scores)]


def summarise(scores: pd.DataFrame, *, seed: int) -> pd.DataFrame:
    """Return the mean of every score for every method, one row per method × score.

    Columns returned: method, score, mean, low, high (95 %, hierarchical bootstrap: animals, then clips within them),
    t_low, t_high (95 %, Student t over clips, as in Bauer et al. 2026), clips, animals (those where the score is
    defined).

    Parameters
    ----------
    scores
        One row per animal × trial × method.
    """
    tables = [_summary(rows, {"method": method}, seed) for method, rows in scores.groupby("method", sort=False)]
    return pd.concat(tables, ignore_index=True)


def summarise_animals(scores: pd.DataFrame, *, seed: int) -> pd.DataFrame:
    """Return the summary of every animal on its own: a row per animal × method × score, intervals over clips."""
    tables = [
        _summary(rows, {"animal": animal, "method": method}, seed)
        for (animal, method), rows in scores.groupby(["animal", "method"], sort=False)
    ]
    return pd.concat(tables, ignore_index=True)


def as_text(summary: pd.DataFrame) -> pd.DataFrame:
    """Return a summary as text for reading: a row per method (and animal), a column per score, "mean [low, high]"."""
    index = [key for key in ("animal", "method") if key in summary.columns]
    text = summary.assign(
        text=[_text(*numbers) for numbers in summary[["mean", "low", "high"]].itertuples(index=False)]
    )
    order = list(dict.fromkeys(summary["score"]))
    return text.pivot_table(index=index, columns="score", values="text", aggfunc="first", sort=False)[order]


def _summary(rows: pd.DataFrame, labels: dict[str, object], seed: int) -> pd.DataFrame:
    names = score_columns(rows)
    values = rows[names].to_numpy(np.float64)
    animals = rows["animal"].tolist()
    low, high = bootstrap_ends(values, resample_animals(animals, draws=DRAWS, generator=np.random.default_rng(seed)))
    student = [t_interval(column) for column in values.T]
    defined = np.isfinite(values)
    return pd.DataFrame(
        {
            **labels,
            "score": names,
            "mean": [interval.mean for interval in student],
            "low": low,
            "high": high,
            "t_low": [interval.low for interval in student],
            "t_high": [interval.high for interval in student],
            "clips": [interval.clips for interval in student],
            "animals": [rows["animal"][column].nunique() for column in defined.T],
        }
    )


def _text(mean: float, low: float, high: float) -> str:
    if not np.isfinite(mean):
        return "–"
    return f"{mean:.3f}" if not np.isfinite(low) else f"{mean:.3f} [{low:.3f}, {high:.3f}]"
