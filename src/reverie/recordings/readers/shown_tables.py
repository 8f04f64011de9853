"""Tables that say what was shown when: a row a frame, or a row a showing."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from reverie.foundation.errors import ReverieError
from reverie.recordings.clocked import Showing
from reverie.recordings.readers.clips import OpenClip

PAUSE: Final = 1.0
"""Seconds without a new frame that end a showing."""


def read_table(path: Path) -> pd.DataFrame:
    """Read a csv file that says what was shown when; raises ReverieError when it is no such table."""
    try:
        table = pd.read_csv(path, skipinitialspace=True)
    except (OSError, ValueError, pd.errors.ParserError) as error:
        raise ReverieError(f"{path} could not be read as a table ({str(error).strip()}); write it as csv.") from error
    return table.rename(columns=lambda name: str(name).strip().casefold())


def showings_of(table: pd.DataFrame, place: str, opened: Callable[[str, int | None], OpenClip]) -> list[Showing]:
    """Return what a table says was shown, in order of time.

    Parameters
    ----------
    table
        Columns time, clip, frame (a row a frame), or onset, clip (a row a showing; ``end`` may say until when). An
        empty clip is a stretch without a movie. ``tier`` may say what each is for.
    place
        Where the table lies, for messages.
    opened
        Opens a clip by its name; told how many frames of it were shown, where that is known.

    Raises
    ------
    ReverieError
        When columns are missing, or times are no numbers.
    """
    names = set(table.columns)
    if {"time", "clip", "frame"} <= names:
        return _by_frame(_numbers(table, ("time", "frame"), place).sort_values("time", kind="stable"))
    if {"onset", "clip"} <= names:
        return _by_showing(_numbers(table, ("onset",), place).sort_values("onset", kind="stable"), place, opened)
    raise ReverieError(
        f"{place} has the columns {', '.join(map(str, table.columns))}; time, clip, frame or onset, clip are needed."
    )


def _numbers(table: pd.DataFrame, columns: tuple[str, ...], place: str) -> pd.DataFrame:
    if table.empty:
        raise ReverieError(f"{place} holds no rows; it should say what was shown when.")
    for column in columns:
        values = pd.to_numeric(table[column], errors="coerce")
        if not np.isfinite(values).all():
            row = int(np.flatnonzero(~np.isfinite(values))[0])
            raise ReverieError(f"{place} has no number for {column!r} in row {row + 2}.")
        table = table.assign(**{column: values})
    return table


def _by_frame(table: pd.DataFrame) -> list[Showing]:
    times, frames = table["time"].to_numpy(float), table["frame"].to_numpy(int)
    clips, tiers = _words(table, "clip"), _words(table, "tier")
    breaks = (np.diff(times) > PAUSE) | (np.diff(frames) < 0) | (clips[1:] != clips[:-1])
    starts = np.concatenate([[0], np.flatnonzero(breaks) + 1, [len(times)]])
    found = []
    for first, last in pairwise(starts.tolist()):
        onsets = times[first:last]
        step = float(np.median(np.diff(onsets))) if len(onsets) > 1 else 1 / 30
        key = f"{clips[first]} from {frames[first]}" if clips[first] else None
        found.append(Showing(onsets, onsets[-1] + step, clips[first] or None, frames[first:last], tiers[first], key))
    return found


def _by_showing(table: pd.DataFrame, place: str, opened: Callable[[str, int | None], OpenClip]) -> list[Showing]:
    ends = table["end"].to_numpy(float) if "end" in table else np.full(len(table), np.nan)
    found = []
    rows = zip(table["onset"].to_numpy(float), ends, _words(table, "clip"), _words(table, "tier"), strict=True)
    for onset, end, clip, tier in rows:
        if not clip:
            if not np.isfinite(end):
                raise ReverieError(f"{place} has a row without a clip at {onset} s; give its end.")
            found.append(Showing(np.array([onset]), end, None, None, tier))
            continue
        movie = opened(clip, None)
        onsets = onset + np.arange(movie.frames) / movie.rate
        last = onset + movie.frames / movie.rate
        if np.isfinite(end) and end < last:
            onsets, last = onsets[onsets < end], end
        found.append(Showing(onsets, last, clip, np.arange(len(onsets)), tier, clip))
    return found


def _words(table: pd.DataFrame, column: str) -> np.ndarray:
    if column not in table:
        return np.full(len(table), "", dtype=object)
    return np.array(table[column].fillna("").astype(str).str.strip(), dtype=object)
