"""What was shown according to a table, with sentences on assumptions and doubts."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pandas as pd

from reverie.foundation.errors import some
from reverie.recordings.footage import picture_size
from reverie.recordings.readers.array_files import ARRAYS
from reverie.recordings.readers.clip_axes import may_be_turned
from reverie.recordings.readers.clips import OpenClip
from reverie.recordings.readers.frame_tables import has_row_per_frame
from reverie.recordings.readers.showings import showings_of
from reverie.recordings.readers.tables import words
from reverie.recordings.reading import Reading
from reverie.recordings.recorded import Showing
from reverie.recordings.usability import LISTED_NAMES

LONGER = 1.1
"""Duration of a showing, in durations of its movie, above which there is a message; so there is below its inverse."""


def frames_shown(showings: Sequence[Showing]) -> dict[str, int]:
    """Return the number of frames that each clip must have, given what was shown of it."""
    most: dict[str, int] = {}
    for showing in showings:
        if showing.clip is not None and showing.frames is not None:
            most[showing.clip] = max(most.get(showing.clip, 0), int(showing.frames.max()) + 1)
    return most


def counted_from_one(showings: Sequence[Showing], place: str) -> tuple[str, ...]:
    """Return a sentence where frames seem to be counted from 1, so that each would be confused with the next one."""
    firsts: dict[str, int] = {}
    for showing in showings:
        if showing.clip is not None and showing.frames is not None:
            firsts[showing.clip] = min(firsts.get(showing.clip, 1), int(showing.frames.min()))
    if not firsts or min(firsts.values()) < 1:
        return ()
    return (
        f"{place} says that frame 0 of no movie was shown, but frame 1: are frames counted from 1? They are taken to "
        "be counted from 0.",
    )


def _at_other_speed(table: pd.DataFrame, seconds: Mapping[str, float], place: str) -> tuple[str, ...]:
    """Return sentences where movies were shown for longer than they last at their own frame rate, or most for less."""
    if "end" not in table:
        return ()
    shown = pd.to_numeric(table["end"], errors="coerce") - pd.to_numeric(table["onset"], errors="coerce")
    own = pd.Series(words(table, "clip"), index=table.index).map(seconds)
    longer, shorter = table.index[shown > LONGER * own], table.index[(shown > 0) & (LONGER * shown < own)]
    doubts = []
    if len(longer):
        doubts.append((longer[0], "after which nothing is taken to have been shown; if it ran more slowly"))
    if 2 * len(shorter) > own.notna().sum():
        doubts.append((shorter[0], "of which only the beginning is taken to have been shown; if it ran faster"))
    return tuple(
        f"{place} says that {str(table['clip'][row]).strip()} was shown for {shown[row]:.4g} s, but it lasts "
        f"{own[row]:.4g} s at its own speed, {what}, give a table with a row per frame."
        for row, what in doubts
    )


def timed_showings(
    table: pd.DataFrame, place: str, opened: Callable[[str, int | None], OpenClip], reading: Reading
) -> tuple[list[Showing], tuple[str, ...]]:
    """Return what was shown according to a table, as ``showings_of``, and sentences on the assumed rate of movies."""
    untimed: dict[str, str] = {}
    turned: dict[str, str] = {}
    seconds: dict[str, float] = {}

    def timed(clip: str, frames: int | None) -> OpenClip:
        movie = opened(clip, frames)
        if movie.frames > 1:
            seconds[clip] = movie.frames / movie.rate
        if not movie.timed and movie.frames > 1:
            height, width = picture_size(movie.footage, movie.footage.axes)
            laid = f"{movie.frames} frames of {height} x {width} pixels (set with --movie-axes)"
            untimed[clip] = f"{movie.rate:g} frames a second (set with --frame-rate), and {clip} to be {laid}"
            stored = Path(movie.footage.place).suffix.lower() in ARRAYS
            if stored and reading.axes == "auto" and may_be_turned(movie.footage.values.shape, movie.footage.axes):
                turned[clip] = laid
        return movie

    showings = showings_of(table, place, timed)
    doubts = counted_from_one(showings, place) if has_row_per_frame(table) else _at_other_speed(table, seconds, place)
    if turned and reading.frame_rate is not None:
        named = some(turned, LISTED_NAMES)
        note = f"{place} names arrays whose first axis or last may be time ({named}); they are taken to be "
        return showings, (f"{note}{next(iter(turned.values()))}.", *doubts)
    if not untimed or reading.frame_rate is not None:
        return showings, doubts
    note = (
        f"{place} names movies that do not say how fast they were shown ({some(untimed, LISTED_NAMES)}); they are "
        f"taken to have run at {next(iter(untimed.values()))}."
    )
    return showings, (note, *doubts)
