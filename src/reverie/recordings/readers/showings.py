"""What was shown when, read from tables with a row per frame or a row per showing."""

from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd

from reverie.foundation.errors import ReverieError, counted
from reverie.foundation.progress import say
from reverie.recordings.overlaps import OVERLAP
from reverie.recordings.readers.clips import OpenClip
from reverie.recordings.readers.frame_tables import has_row_per_frame, showings_by_frame
from reverie.recordings.readers.tables import numbers, timed_rows, words
from reverie.recordings.recorded import Showing
from reverie.recordings.source import read_members


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
        When columns are missing or duplicate, or times are not numbers.
    """
    if (twice := table.columns[table.columns.duplicated()]).size:
        raise ReverieError(f"{place} has two columns {twice[0]!r}; remove one.")
    if has_row_per_frame(table):
        return showings_by_frame(table, place)
    if {"onset", "clip"} <= set(table.columns):
        rows = numbers(timed_rows(table, "onset", place), ("onset",), place).sort_values("onset", kind="stable")
        said = set(rows["onset"][words(rows, "end") != ""])
        return list(_apart(_besides_movies(list(_by_showing(rows, place, opened)), said, place), place))
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


def _by_showing(table: pd.DataFrame, place: str, opened: Callable[[str, int | None], OpenClip]) -> Iterator[Showing]:
    """Yield what each row shows, up to NaN where its end is not said; movies that cannot be opened are left out."""
    ends = words(table, "end")
    if (ends != "").any():
        numbers(table[ends != ""], ("end",), place)
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


def _besides_movies(showings: Sequence[Showing], said: Set[float], place: str) -> list[Showing]:
    """Return showings without stretches of no movie that have no end or lie in one, as answers do in BIDS's events.

    One that lasts until a movie's end, or longer, stays where this end is only the file's own: rather than an answer,
    it may be a grey screen after a movie that was faster than its file says, which ``_apart`` tells.

    Parameters
    ----------
    said
        Onsets of rows that say their end.
    """
    films = [one for one in showings if one.clip]
    begins, ends = (np.array(times) for times in ([one.onsets[0] for one in films], [one.end for one in films]))
    guessed = np.array([one.onsets[0] not in said for one in films], dtype=bool)

    def stays(one: Showing) -> bool:
        onset = one.onsets[0]
        during = np.minimum(ends, one.end) - np.maximum(begins, onset) > OVERLAP
        follows = guessed & (onset > begins) & (one.end > ends - OVERLAP)
        return bool(one.end > onset and not (during & ~follows).any())

    kept = [one for one in showings if one.clip or stays(one)]
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
