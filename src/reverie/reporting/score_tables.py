"""Scores beside their controls, as rows ready to be printed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from reverie.foundation.errors import ReverieError
from reverie.reporting.content import TrialContent
from reverie.reporting.wording import Wording, wording_of
from reverie.scoring.controls import CONTROLS
from reverie.scoring.scores import MAIN_SCORES

SCALE = (-0.5, 1.0)
"""Ends of the small axis on which scores of at most 1 are drawn."""

ON_SCALE = frozenset(name for name in MAIN_SCORES if "correlation" in name or name == "ssim")
"""The scores drawn on that axis."""


@dataclass(frozen=True)
class Cell:
    """One number as text; low and high as text if it has an interval; the reason if it is missing."""

    text: str
    interval: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Mark:
    """A number on the small axis: kind is "score" or a control's name; places are 0 to 1 of the axis."""

    kind: str
    at: float
    low: float
    high: float


@dataclass(frozen=True)
class ScoreRow:
    """One score with its controls."""

    wording: Wording
    cells: Sequence[Cell]
    marks: Sequence[Mark]


@dataclass(frozen=True)
class ScoreTable:
    """Scores with controls, and further numbers that have none."""

    title: str
    rows: Sequence[ScoreRow]
    further: Sequence[ScoreRow]
    missing: Sequence[str]
    """Every reason for a dash, once."""


@dataclass(frozen=True)
class Number:
    """A value with the ends of its interval, NaN where there is none."""

    value: float
    low: float = float("nan")
    high: float = float("nan")
    reason: str = ""


def trial_table(trial: TrialContent) -> ScoreTable:
    """Return the scores of one trial; a score that is NaN says why."""

    def number(name: str) -> Number:
        value = trial.scores.get(name, float("nan"))
        return Number(value, reason="" if np.isfinite(value) else _reason(trial, name))

    return _table("", list(trial.scores), number)


def summary_tables(summary: pd.DataFrame) -> list[ScoreTable]:
    """Return one table for each method (and animal) of a summary made by the evaluation.

    Raises ReverieError when a column is missing.
    """
    missing = {"method", "score", "mean", "low", "high"} - set(summary.columns)
    if missing:
        raise ReverieError(f"The summary lacks the column {min(missing)!r}; make it with `reverie evaluate`.")
    keys = [key for key in ("animal", "method") if key in summary.columns]
    tables = []
    for labels, rows in summary.groupby(keys, sort=False):
        numbers = {
            str(name): Number(float(mean), float(low), float(high))
            for name, mean, low, high in rows[["score", "mean", "low", "high"]].itertuples(index=False)
        }
        tables.append(_table(_title(labels, rows), list(numbers), _looked_up(numbers)))
    return tables


def _title(labels: Sequence[object], rows: pd.DataFrame) -> str:
    counts = [
        f"{int(rows[column].max())} {column if rows[column].max() > 1 else column[:-1]}"
        for column in ("clips", "animals")
        if column in rows and rows[column].max() > 0
    ]
    return " · ".join([*(str(label) for label in labels), *counts])


def _looked_up(numbers: Mapping[str, Number]) -> Callable[[str], Number]:
    unknown = Number(float("nan"), reason="it was not defined for any trial")

    def look_up(name: str) -> Number:
        found = numbers.get(name, unknown)
        return found if np.isfinite(found.value) else unknown

    return look_up


def _table(title: str, names: Sequence[str], number: Callable[[str], Number]) -> ScoreTable:
    control_columns = {f"{name}_{control}" for name in names for control in CONTROLS}
    scores = [name for name in names if name not in control_columns]
    main = [name for name in scores if any(f"{name}_{control}" in names for control in CONTROLS)]
    rows = [_row(name, [name, *(f"{name}_{control}" for control in CONTROLS)], number) for name in main]
    further = [_row(name, [name], number) for name in scores if name not in main]
    reasons = [cell.reason for row in [*rows, *further] for cell in row.cells if cell.reason]
    return ScoreTable(title, rows, further, list(dict.fromkeys(reasons)))


def _row(name: str, columns: Sequence[str], number: Callable[[str], Number]) -> ScoreRow:
    numbers = [number(column) for column in columns]
    kinds = ("score", *CONTROLS)
    text = count_text if name.endswith("_scored") else score_text
    marks = [_mark(kind, one) for kind, one in zip(kinds, numbers, strict=False) if np.isfinite(one.value)]
    return ScoreRow(wording_of(name), [_cell(one, text) for one in numbers], marks if name in ON_SCALE else [])


def _cell(number: Number, text: Callable[[float], str]) -> Cell:
    if not np.isfinite(number.value):
        return Cell("–", reason=number.reason)
    low, high = text(number.low), text(number.high)
    has_interval = np.isfinite(number.low) and low != high
    return Cell(text(number.value), f"{low} to {high}" if has_interval else "")


def _mark(kind: str, number: Number) -> Mark:
    ends = np.array([number.value, number.low, number.high])
    places = np.clip((ends - SCALE[0]) / (SCALE[1] - SCALE[0]), 0, 1)
    places = np.where(np.isfinite(places), places, places[0])
    return Mark(kind, *(float(place) for place in places))


def score_text(value: float) -> str:
    """Write a score: three decimals below 10, fewer above.

    >>> [score_text(value) for value in (0.5694, -0.02, 47.318, 12345.6)]
    ['0.569', '−0.020', '47.3', '12,346']
    """
    size = abs(value)
    decimals = 0 if size >= 1000 else 1 if size >= 10 else 3
    text = f"{value:,.{decimals}f}"
    return text.replace("-", "−") if float(text.replace(",", "")) else text.lstrip("-")


def count_text(value: float) -> str:
    """Write a count, or the mean of counts.

    >>> [count_text(value) for value in (6.0, 6.6667, 2304.0)]
    ['6', '6.667', '2,304']
    """
    return f"{value:,.3f}".rstrip("0").rstrip(".")


def _reason(trial: TrialContent, name: str) -> str:
    if trial.truth is None:
        return "the movie the animal saw is not known"
    if name.endswith("_other_movie"):
        return "the recording holds no other movie that is long enough"
    if name.endswith("_other_moment"):
        return "no shot is long enough to be compared with another moment of it"
    if name.startswith("response_"):
        return "responses were not predicted or not recorded"
    if "dynamic" in name:
        return "nothing changes within the shots"
    return "the truth does not vary" if name in trial.scores else "it was not computed"
