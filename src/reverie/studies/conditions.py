"""Conditions of an experiment compared: a table of means, and the numbers as its page prints them."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from reverie.foundation.errors import counted
from reverie.scoring.statistics import LEAST_ANIMALS, Interval, bootstrap_interval, compare_over_animals, t_interval

VIDEO = "video_correlation"
"""The score that most studies compare."""


def by_clip(scores: pd.DataFrame, score: str) -> pd.DataFrame:
    """Return a score as a table: a row per clip, a column per condition."""
    return scores.pivot_table(index=["animal", "clip"], columns="condition", values=score, sort=False)


def summarise_conditions(scores: pd.DataFrame, score: str, names: Sequence[str], seed: int) -> pd.DataFrame:
    """Return a row per condition: mean, low and high (95 %, Student's t over clips, as in the paper), clips, animals.

    boot_low and boot_high are the bootstrap over clips within animals.
    """
    rows = []
    for name in names:
        of_name = scores[scores["condition"] == name]
        values, animals = of_name[score].to_numpy(np.float64), of_name["animal"].tolist()
        student, boot = t_interval(values), bootstrap_interval(values, seed=seed, animals=animals)
        count = len(set(animals))
        rows.append((name, student.mean, student.low, student.high, boot.low, boot.high, student.clips, count))
    columns = ["condition", "mean", "low", "high", "boot_low", "boot_high", "clips", "animals"]
    return pd.DataFrame(rows, columns=columns)


def interval_text(low: float, high: float, form: str = ".3f") -> str:
    """Return an interval as it follows its mean in a text, nothing where it is not known: `` [0.481, 0.543]``."""
    return f" [{low:{form}}, {high:{form}}]" if np.isfinite(low) else ""


def mean_text(summary: pd.DataFrame, condition: str) -> str:
    """Return one condition's mean with its interval as text: ``0.512 [0.481, 0.543]``."""
    row = summary[summary["condition"] == condition].iloc[0]
    return f"{row['mean']:.3f}{interval_text(row['low'], row['high'])}"


def mean_of(summary: pd.DataFrame, condition: str) -> float:
    """Return one condition's mean."""
    return float(summary.loc[summary["condition"] == condition, "mean"].iloc[0])


def percent(found: float, reference: float) -> str:
    """Return by how many per cent a number exceeds a reference, as text.

    >>> percent(0.505, 0.444)
    '+13.7 %'
    """
    return f"{100 * (found / reference - 1):+.1f} %".replace("-", "−")


def paired_difference(scores: pd.DataFrame, score: str, first: str, second: str, seed: int) -> tuple[Interval, int]:
    """Return the mean of first − second over the clips that both have, and on how many of them first is better.

    The interval is the bootstrap over clips within animals, 95 %.
    """
    wide = by_clip(scores, score)[[first, second]].dropna()
    ours, theirs = (wide[name].to_numpy(np.float64) for name in (first, second))
    animals = wide.index.get_level_values("animal").tolist()
    return bootstrap_interval(ours - theirs, seed=seed, animals=animals), int((ours > theirs).sum())


def sentence_on_difference(scores: pd.DataFrame, score: str, first: str, second: str, seed: int) -> str:
    """Return a sentence on how two conditions compare, clip by clip."""
    found, better = paired_difference(scores, score, first, second, seed)
    interval = interval_text(found.low, found.high, "+.3f")
    words = score.replace("_", " ").capitalize()
    return f"{words}, {first} minus {second}: {found.mean:+.3f}{interval}; better on {better} of {found.clips} clips."


def sentence_on_losses(parts: pd.DataFrame) -> str:
    """Return a sentence on what each cause costs on average: a row per clip, a column per cause, and their total."""
    means = parts.drop(columns=["animal", "clip"]).mean()
    losses = ", ".join(f"{name} {mean:.3f}" for name, mean in means.items() if name != "total")
    return f"Of the {means['total']:.3f} that it falls short of 1: {losses}."


def sentence_over_animals(scores: pd.DataFrame, score: str, reference: str) -> str:
    """Return a sentence on the repeated-measures test of every condition against a reference, over animals."""
    table = compare_over_animals(scores, score, reference)
    if table.empty or int(table["animals"].min()) < LEAST_ANIMALS:
        animals = scores["animal"].nunique()
        return f"With {counted(animals, 'animal')} a test over animals (at least {LEAST_ANIMALS}) is not possible."
    parts = [f"{row.condition}: p = {row.p:.2g}" for row in table.itertuples()]
    count = int(table["animals"].min())
    return f"Against “{reference}”, paired t-tests over {count} animals, Bonferroni: {'; '.join(parts)}."
