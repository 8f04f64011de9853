"""Tables of scores boiled down: the mean of each method with its confidence interval, over all and per animal."""

import numpy as np
import pandas as pd

from reverie.evaluation.bootstrap import DRAWS, bootstrap_ends, bootstrap_interval, resample_animals, t_interval
from reverie.evaluation.tables import KEYS, score_columns
from reverie.foundation.errors import ReverieError


def summarise(scores: pd.DataFrame, *, seed: int) -> pd.DataFrame:
    """Return the mean of every score for every method, one row per method × score.

    scores: one row per animal × trial × method. Columns returned: method, score, mean, low, high (95 %, hierarchical
    bootstrap: animals, then clips within them), t_low, t_high (95 %, Student t over clips, as in Bauer et al. 2026),
    clips, animals (those where the score is defined).
    """
    tables = [_summary(rows, {"method": method}, seed) for method, rows in scores.groupby("method", sort=False)]
    return pd.concat(tables, ignore_index=True)


def summarise_animals(scores: pd.DataFrame, *, seed: int) -> pd.DataFrame:
    """Return the same for every animal on its own, one row per animal × method × score; intervals are over clips."""
    tables = [
        _summary(rows, {"animal": animal, "method": method}, seed)
        for (animal, method), rows in scores.groupby(["animal", "method"], sort=False)
    ]
    return pd.concat(tables, ignore_index=True)


def compare_methods(scores: pd.DataFrame, first: str, second: str, *, seed: int) -> pd.DataFrame:
    """Return first - second of every score over the trials both reconstructed, one row per score.

    Columns: score, mean, low, high (95 %, hierarchical bootstrap of the paired differences), clips.
    Raises ReverieError when the two methods share no trial.
    """
    keys = [key for key in KEYS if key != "method"]
    ours, theirs = (scores[scores["method"] == name].set_index(keys)[score_columns(scores)] for name in (first, second))
    difference = ours.sub(theirs.reindex(ours.index)).loc[ours.index.isin(theirs.index)]
    if difference.empty:
        raise ReverieError(f"No trial was reconstructed by both {first!r} and {second!r}; reconstruct the same trials.")
    animals = difference.index.get_level_values("animal").tolist()
    rows = []
    for name in difference.columns:
        interval = bootstrap_interval(difference[name].to_numpy(np.float64), seed=seed, animals=animals)
        rows.append((name, interval.mean, interval.low, interval.high, interval.clips))
    return pd.DataFrame(rows, columns=["score", "mean", "low", "high", "clips"])


def readable(summary: pd.DataFrame) -> pd.DataFrame:
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
