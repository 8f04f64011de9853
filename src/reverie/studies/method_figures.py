"""Methods compared: a table of means, and figures of them and of their differences."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reverie.studies.conditions import interval_text, paired_difference, summarise_conditions
from reverie.studies.figures import COLOURS, column_figure, legend

PARTS: Mapping[str, str] = {
    "video_correlation": "whole",
    "video_correlation_dynamic": "dynamic part",
    "video_correlation_pattern": "pattern",
}
"""The scores that are drawn."""

WORDS = ("video correlation", "its dynamic part", "its pattern part")
"""The same scores in a sentence."""


def table_of_methods(scores: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Return a row per condition, in order of appearance: number of clips, and the mean of each column over clips."""
    grouped = scores.groupby("condition", sort=False)
    return grouped[list(columns)].mean().assign(clips=grouped.size()).reset_index()


def table_of_differences(scores: pd.DataFrame, pairs: Sequence[tuple[str, str]], seed: int) -> pd.DataFrame:
    """Return a row per pair of conditions and score, with the mean of first − second.

    Columns: first, second, score, difference, low, high (95 %), clips, better (clips on which first is better).
    Pairs of which a condition was not scored are left out.
    """
    known = set(scores["condition"])
    rows = []
    for first, second in pairs:
        for score in PARTS:
            if {first, second} <= known:
                found, better = paired_difference(scores, score, first, second, seed)
                rows.append((first, second, score, found.mean, found.low, found.high, found.clips, better))
    columns = ["first", "second", "score", "difference", "low", "high", "clips", "better"]
    return pd.DataFrame(rows, columns=columns)


def sentences_on_differences(differences: pd.DataFrame) -> list[str]:
    """Return a sentence for each pair of conditions in a table of differences."""
    sentences = []
    for (first, second), rows in differences.groupby(["first", "second"], sort=False):
        parts = []
        for row, words in zip(rows.to_dict("records"), WORDS, strict=True):
            interval = interval_text(row["low"], row["high"], "+.3f")
            better = f"better on {row['better']} of {row['clips']} clips"
            parts.append(f"{words} {row['difference']:+.3f}{interval}, {better}")
        sentences.append(f"{first} minus {second}: {'; '.join(parts)}.".replace("-", "−"))
    return sentences


def methods_figure(scores: pd.DataFrame, seed: int) -> Figure:
    """Draw each condition's mean and 95 % interval of every score, one row per condition."""
    names = list(dict.fromkeys(scores["condition"]))
    figure, (axes,) = column_figure(0.6 + 0.24 * len(names))
    for place, (score, words) in enumerate(PARTS.items()):
        summary = summarise_conditions(scores, score, names, seed)
        _rows(axes, summary["mean"], summary["low"], summary["high"], place, words)
    _name_rows(axes, names)
    axes.set_xlabel("video correlation r")
    legend(axes)
    return figure


def differences_figure(differences: pd.DataFrame) -> Figure:
    """Draw a table of differences with their intervals, one row per pair, and a line at 0."""
    pairs = list(dict.fromkeys(zip(differences["first"], differences["second"], strict=True)))
    figure, (axes,) = column_figure(0.6 + 0.3 * len(pairs))
    for place, (score, words) in enumerate(PARTS.items()):
        rows = differences[differences["score"] == score]
        _rows(axes, rows["difference"], rows["low"], rows["high"], place, words)
    axes.axvline(0, color="0.5", linewidth=0.6, zorder=0)
    _name_rows(axes, [f"{first}\n− {second}" for first, second in pairs])
    axes.set_xlabel("difference of video correlation")
    legend(axes)
    return figure


def _rows(axes: Axes, mean: pd.Series, low: pd.Series, high: pd.Series, place: int, label: str) -> None:
    half_widths = np.array([mean - low, high - mean])
    at = np.arange(len(mean)) + 0.24 * (place - 1)
    axes.errorbar(
        mean,
        at,
        xerr=np.nan_to_num(half_widths),
        fmt="oDs"[place],
        color=COLOURS[place],
        markersize=3,
        capsize=1.5,
        label=label,
    )


def _name_rows(axes: Axes, names: Sequence[str]) -> None:
    axes.set_yticks(range(len(names)), list(names), fontsize=6)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.grid(axis="x", color="0.9", linewidth=0.5)
