"""Tables of scores boiled down: the mean of each method with its confidence interval, over all and per animal."""

import numpy as np
import pandas as pd

from reverie.scoring.bootstrap import DRAWS, bootstrap_ends, resample_animals, t_interval
from reverie.scoring.tables import score_columns


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
