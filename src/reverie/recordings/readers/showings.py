"""What was shown when, read from tables with a row per frame or a row per showing."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd

from reverie.foundation.errors import ReverieError, counted
from reverie.foundation.progress import say
from reverie.recordings.clocked import STILL
from reverie.recordings.readers.clips import UNTIMED, OpenClip
from reverie.recordings.readers.tables import in_order
from reverie.recordings.recorded import Showing
from reverie.recordings.source import read_members

PAUSE = 1.0
"""Seconds without a new frame that end a showing of a movie; for series of images, twice their duration."""

SLOWEST_IMAGES = 10.0
"""Longest time from one picture to the next, seconds; larger values are mostly milliseconds."""

BACKWARDS = 0.75
"""Share of steps to a lower frame above which times go backwards; of pictures in any order it is about a half."""

OVERLAP = 0.1
"""Largest overlap of a movie with the next, seconds: three dropped frames, or clocks that differ."""


def by_frame(table: pd.DataFrame) -> bool:
    """Return whether a table has a row per frame, rather than a row per showing."""
    return {"time", "clip", "frame"} <= set(table.columns)


def showings_of(table: pd.DataFrame, place: str, opened: Callable[[str, int | None], OpenClip]) -> list[Showing]:
    """Return what was shown according to a table, in order of time.

    Parameters
    ----------
    table
        Columns time, clip, frame (a row per frame), or onset, clip and optionally ``end`` (a row per showing). An empty
        clip is a stretch without a movie. A column ``tier`` may hold the tier of each.
    place
        Place of the table, for messages.
    opened
        Opens a clip by its name, given the number of frames that were shown, where that is known.

    Raises
    ------
    ReverieError
        When columns are missing or duplicate, or times are no numbers.
    """
    if (twice := table.columns[table.columns.duplicated()]).size:
        raise ReverieError(f"{place} has two columns {twice[0]!r}; remove one.")
    if by_frame(table):
        return showings_by_frame(table, place)
    if {"onset", "clip"} <= set(table.columns):
        rows = _numbers(_timed_rows(table, "onset", place), ("onset",), place).sort_values("onset", kind="stable")
        return list(_apart(_besides_movies(list(_by_showing(rows, place, opened)), place), place))
    if "onset" in table:
        raise ReverieError(
            f"{place} has no column clip, nor exactly one other whose cells name movies beside it or of --movie; give "
            "the movies, or a column clip with their names."
        )
    columns = f"the columns {', '.join(map(str, table.columns))}" if len(table.columns) else "no columns"
    raise ReverieError(
        f"{place} has {columns}, but it needs onset and clip (a row for each showing) or time, clip and frame (a row "
        "for each frame), with times in seconds; name them so."
    )


def _numbers(table: pd.DataFrame, columns: tuple[str, ...], place: str) -> pd.DataFrame:
    if table.empty:
        raise ReverieError(f"{place} holds no rows; it should say what was shown when.")
    for column in columns:
        values = pd.to_numeric(table[column], errors="coerce")
        if not np.isfinite(values).all():
            row = table.index[~np.isfinite(values)][0]
            raise ReverieError(f"{place} has no number for {column!r} in row {int(row) + 2}.")
        table = table.assign(**{column: values})
    return table


def _timed_rows(table: pd.DataFrame, column: str, place: str) -> pd.DataFrame:
    """Return the rows that have a time; those of trials that never began have none, and are left out with a message."""
    never = table[column].isna()
    if not never.any() or never.all():
        return table
    say(f"{place}: {counted(int(never.sum()), 'row')} without {column!r} left out.")
    return table[~never]


def moves(showings: Sequence[Showing]) -> bool:
    """Return whether movies were shown, rather than a series of images."""
    steps = [float(np.median(np.diff(showing.onsets))) for showing in showings if len(showing.onsets) > 1]
    return bool(steps) and float(np.median(steps)) <= STILL


def showings_by_frame(table: pd.DataFrame, place: str) -> list[Showing]:
    """Return what was shown according to a table of time, clip and frame; see ``showings_of``."""
    table = _timed_rows(table, "time", place)
    table = table.assign(frame=table["frame"].where(words(table, "clip") != "", 0))  # a grey screen has none
    table = _numbers(table, ("time", "frame"), place)
    table = table.iloc[_order(table, place)]
    times, frames = table["time"].to_numpy(float), table["frame"].to_numpy(int)
    if (frames != table["frame"]).any():
        raise ReverieError(f"{place} has frames that are no whole numbers; they are numbered 0, 1, 2 and so on.")
    clips, tiers = words(table, "clip"), words(table, "tier")
    _require_forward(times, frames, clips, place)
    stay, steady = _usual_steps(times, clips), _comes_in_order(frames, clips)
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


def _comes_in_order(frames: np.ndarray, clips: np.ndarray) -> np.ndarray:
    """Return of each row whether the frames of its clip mostly come in order, rather than in any, as of a noise."""
    same = clips[1:] == clips[:-1]
    ordered = pd.Series(np.isin(np.diff(frames), (0, 1))[same]).groupby(clips[1:][same]).mean()
    return pd.Series(clips).map(ordered).fillna(1.0).to_numpy(float) > 0.5


def _begins_again(
    times: np.ndarray, frames: np.ndarray, clips: np.ndarray, stay: np.ndarray, steady: np.ndarray
) -> np.ndarray:
    """Return of each frame but the first whether another showing begins with it, even where the clip is the same."""
    jumps, steady = np.diff(frames), steady[1:]
    # Images of a series come in any order, and each is a showing of its own; pictures in order may be a slow movie.
    alone = (stay[1:] > STILL) & (jumps != 0) & ~((jumps == 1) & steady)
    paused = np.diff(times) > np.maximum(PAUSE, 2 * stay[1:])
    return np.asarray(paused | ((jumps < 0) & steady) | alone)


def _order(table: pd.DataFrame, place: str) -> np.ndarray:
    """Return the order of rows in time; a table may also list frame after frame, all times of each together."""
    times, clips = table["time"].to_numpy(float), words(table, "clip")
    other = (np.diff(table["frame"]) != 0) | (clips[1:] != clips[:-1])
    if other.sum() <= np.sum(np.diff(times) < 0):
        return np.argsort(times, kind="stable")
    return in_order(times, table.index.to_numpy() + 2, place)


def _require_forward(times: np.ndarray, frames: np.ndarray, clips: np.ndarray, place: str) -> None:
    """Raise ReverieError where most frames follow the frames before them late or in another order."""
    same = (clips[1:] == clips[:-1]) & (clips[1:] != "")
    steps, order = np.diff(times)[same], np.diff(frames)[same]
    if len(steps) and np.median(steps) > SLOWEST_IMAGES:
        raise ReverieError(f"{place} has frames that are {np.median(steps):.4g} s apart; give times in seconds.")
    if len(order) and np.mean(order < 0) > BACKWARDS and np.median(steps) <= STILL:
        raise ReverieError(f"{place} has times that go backwards as frames go on; give when each frame was shown.")


def _by_showing(table: pd.DataFrame, place: str, opened: Callable[[str, int | None], OpenClip]) -> Iterator[Showing]:
    """Yield what each row shows, up to NaN where its end is not said; movies that cannot be opened are left out."""
    ends = words(table, "end")
    if (ends != "").any():
        _numbers(table[ends != ""], ("end",), place)
    clips = words(table, "clip")
    lengths = _lengths(clips, opened)
    columns = (table["onset"].to_numpy(float), pd.to_numeric(ends, errors="coerce"), clips, words(table, "tier"))
    for onset, end, clip, tier in zip(*columns, strict=True):
        if not clip:
            yield Showing(np.array([onset]), float(end), None, None, tier)
        elif clip in lengths:
            shown = _of_row(onset, float(end), clip, *lengths[clip], place)
            if shown is not None:
                yield replace(shown, tier=tier)


def _of_row(onset: float, end: float, clip: str, count: int, rate: float, place: str) -> Showing | None:
    """Return one showing of a movie of ``count`` frames; None, with a message, where it ends before it begins."""
    if count == 1:
        if not end > onset:
            raise ReverieError(f"{place} shows the image {clip!r} at {onset:g} s; say until when in a column end.")
        return Showing(np.array([onset]), end, clip, np.zeros(1, int), key=clip)
    if end <= onset:
        say(f"{place} says that {clip}, on at {onset:g} s, was over at {end:g} s; this row is left out.")
        return None
    onsets, last = onset + np.arange(count) / rate, onset + count / rate
    if np.isfinite(end) and end < last:
        onsets, last = onsets[onsets < end], end
    return Showing(onsets, last, clip, np.arange(len(onsets)), key=clip)


def _lengths(clips: Iterable[str], opened: Callable[[str, int | None], OpenClip]) -> dict[str, tuple[int, float]]:
    """Return frames and frame rate of each movie; one that cannot be opened is left out with a message."""
    named = {clip: clip for clip in clips if clip}
    movies = read_members(named, lambda clip: (clip, opened(clip, None)))
    return {clip: (movie.frames, movie.rate) for clip, movie in movies}


def _besides_movies(showings: Sequence[Showing], place: str) -> list[Showing]:
    """Return showings without stretches of no movie that have no end or lie in one, as answers do in BIDS's events."""
    movies = np.array([(one.onsets[0], one.end) for one in showings if one.clip]).reshape(-1, 2)
    kept = []
    for one in showings:
        shared = np.minimum(movies[:, 1], one.end) - np.maximum(movies[:, 0], one.onsets[0])
        if one.clip or (one.end > one.onsets[0] and (shared <= OVERLAP).all()):
            kept.append(one)
    if lost := len(showings) - len(kept):
        say(f"{place}: {counted(lost, 'row')} without a movie and an end of its own, or during a movie, left out.")
    return kept


def _apart(showings: Sequence[Showing], place: str) -> Iterator[Showing]:
    """Yield showings, each cut where the next begins; raises ReverieError where a movie overlaps by too much."""
    for showing, following in pairwise([*showings, None]):
        assert showing is not None
        begins = np.inf if following is None else float(following.onsets[0])
        if showing.clip and showing.end - begins > OVERLAP:
            raise ReverieError(
                f"{place} says that something else was shown from {begins:g} s on, while {showing.clip} from "
                f"{showing.onsets[0]:g} s on lasts until {showing.end:g} s; say when it ended in a column end, or how "
                "fast movies were shown with --frame-rate."
            )
        kept = showing.onsets < begins
        if not kept.any():  # two stretches of no movie that begin at once
            continue
        frames = None if showing.frames is None else showing.frames[kept]
        yield replace(showing, onsets=showing.onsets[kept], end=min(showing.end, begins), frames=frames)


def words(table: pd.DataFrame, column: str) -> np.ndarray:
    """Return a column of text without surrounding spaces; empty where there is no such column."""
    if column not in table:
        return np.full(len(table), "", dtype=object)
    return np.array(table[column].astype("string").fillna("").str.strip(), dtype=object)
