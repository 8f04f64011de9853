"""What was shown when, read from a table, or series, with a row per frame."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pandas as pd

from reverie.foundation.errors import ReverieError
from reverie.recordings.clocked import STILL_SECONDS
from reverie.recordings.overlaps import OVERLAP
from reverie.recordings.readers.clips import UNTIMED
from reverie.recordings.readers.tables import numbers, order_by_time, timed_rows, words
from reverie.recordings.recorded import Showing

PAUSE = 1.0
"""Seconds without a new frame that end a showing of a movie; for series of images, twice their duration."""

SLOWEST_IMAGES = 10.0
"""Longest time from one picture to the next, seconds; larger values are mostly milliseconds."""

BACKWARDS = 0.75
"""Share of steps to a lower frame above which times go backwards; of pictures in any order it is about a half."""


def has_row_per_frame(table: pd.DataFrame) -> bool:
    """Return whether a table has a row per frame, rather than a row per showing."""
    return {"time", "clip", "frame"} <= set(table.columns)


def moves(showings: Sequence[Showing]) -> bool:
    """Return whether movies were shown, rather than a series of images."""
    steps = [float(np.median(np.diff(showing.onsets))) for showing in showings if len(showing.onsets) > 1]
    return bool(steps) and float(np.median(steps)) <= STILL_SECONDS


def showings_by_frame(table: pd.DataFrame, place: str) -> list[Showing]:
    """Return what was shown according to a table of time, clip and frame; see ``showings_of``."""
    table = timed_rows(table, "time", place)
    table = table.assign(frame=table["frame"].where(words(table, "clip") != "", 0))  # a grey screen has none
    table = numbers(table, ("time", "frame"), place)
    table = table.iloc[_order(table, place)]
    times, frames = table["time"].to_numpy(float), table["frame"].to_numpy(int)
    if (frames != table["frame"]).any():
        raise ReverieError(f"{place} has frames that are not whole numbers; they are numbered 0, 1, 2 and so on.")
    clips, tiers = words(table, "clip"), words(table, "tier")
    _require_forward(times, frames, clips, place)
    stay = _usual_steps(times, clips)
    steady = _comes_in_order(frames, clips, stay)
    ends = _own_ends(table, times)
    other = (clips[1:] != clips[:-1]) | (tiers[1:] != tiers[:-1]) | (ends[:-1] < times[1:] - OVERLAP)
    starts = np.flatnonzero(other | _begins_again(times, frames, clips, stay, steady)) + 1
    found = []
    for first, last in pairwise([0, *starts.tolist(), len(times)]):
        onsets = times[first:last]
        step = float(np.median(np.diff(onsets))) if len(onsets) > 1 else stay[first]
        # Of pictures in any order, two showings that begin alike are not the same.
        named = clips[first] and (steady[first] or np.ptp(frames[first:last]) == 0)
        key = f"{clips[first]} from {frames[first]}" if named else None
        end = min(onsets[-1] + step, ends[last - 1])
        found.append(Showing(onsets, end, clips[first] or None, frames[first:last], tiers[first], key))
    return found


def _own_ends(table: pd.DataFrame, times: np.ndarray) -> np.ndarray:
    """Return when each row's picture was over according to a column ``end``, infinite where none says so."""
    ends = pd.to_numeric(words(table, "end"), errors="coerce")
    return np.where(ends > times, ends, np.inf)


def _usual_steps(times: np.ndarray, clips: np.ndarray) -> np.ndarray:
    """Return how long a frame of each row's clip usually stays, in seconds.

    Where no frame of a clip follows another, as where a grey screen follows each image, it stays until the next row.
    """
    same = clips[1:] == clips[:-1]
    usual = pd.Series(np.diff(times)[same]).groupby(clips[1:][same]).median()
    until_next = pd.Series(np.append(np.diff(times), np.nan))
    until_next = until_next.where(until_next <= SLOWEST_IMAGES)
    alone = until_next.fillna(until_next.groupby(clips).transform("median"))
    return pd.Series(clips).map(usual).fillna(alone).fillna(until_next.median()).fillna(1 / UNTIMED).to_numpy(float)


def _comes_in_order(frames: np.ndarray, clips: np.ndarray, stay: np.ndarray) -> np.ndarray:
    """Return of each row whether the frames of its clip mostly come in order, rather than in any, as of a noise.

    Of a movie faster than the screen, or than the table, there may be every second or third frame. Images that stay
    longer are no movie where numbers are left out.
    """
    same = clips[1:] == clips[:-1]
    steps, of = pd.Series(np.diff(frames)[same]), clips[1:][same]
    usual = steps.groupby(of).transform("median").where(stay[1:][same] <= STILL_SECONDS, 0.0)
    ordered = steps.between(0, np.maximum(1.0, usual + 1)).groupby(of).mean()
    return pd.Series(clips).map(ordered).fillna(1.0).to_numpy(float) > 0.5


def _begins_again(
    times: np.ndarray, frames: np.ndarray, clips: np.ndarray, stay: np.ndarray, steady: np.ndarray
) -> np.ndarray:
    """Return of each frame but the first whether another showing begins with it, even where the clip is the same."""
    jumps, steady = np.diff(frames), steady[1:]
    # Images of a series come in any order, and each is a showing of its own; pictures in order may be a slow movie.
    alone = (stay[1:] > STILL_SECONDS) & (jumps != 0) & ~((jumps == 1) & steady)
    paused = np.diff(times) > np.maximum(PAUSE, 2 * stay[1:])
    return np.asarray(paused | ((jumps < 0) & steady) | alone)


def _order(table: pd.DataFrame, place: str) -> np.ndarray:
    """Return the order of rows in time; a table may also list frame after frame, all times of each together."""
    times, clips = table["time"].to_numpy(float), words(table, "clip")
    other = (np.diff(table["frame"]) != 0) | (clips[1:] != clips[:-1])
    if other.sum() <= np.sum(np.diff(times) < 0):
        return np.argsort(times, kind="stable")
    return order_by_time(times, table.index.to_numpy() + 2, place)


def _require_forward(times: np.ndarray, frames: np.ndarray, clips: np.ndarray, place: str) -> None:
    """Raise ReverieError where most frames follow the frames before them late or in another order."""
    same = (clips[1:] == clips[:-1]) & (clips[1:] != "")
    steps, order = np.diff(times)[same], np.diff(frames)[same]
    if len(steps) and np.median(steps) > SLOWEST_IMAGES:
        raise ReverieError(f"{place} has frames that are {np.median(steps):.4g} s apart; give times in seconds.")
    if len(order) and np.mean(order < 0) > BACKWARDS and np.median(steps) <= STILL_SECONDS:
        raise ReverieError(f"{place} has times that go backwards as frames advance; give when each frame was shown.")
