"""Tables inside an NWB file, taken as tables of what was shown."""

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from pathlib import Path

import h5py
import pandas as pd
from pandas.api.types import is_numeric_dtype

from reverie.foundation.errors import ReverieError, some
from reverie.foundation.progress import say
from reverie.recordings.clocks import Times
from reverie.recordings.readers.frame_tables import has_row_per_frame
from reverie.recordings.readers.nwb.contents import LISTS
from reverie.recordings.readers.nwb.file import H5Object, table
from reverie.recordings.readers.shown_movies import spellings

LEAST_ROWS = 3
"""Rows of a table from which on a column whose values lie within its rows' times is one of times."""


def table_inside(
    file: H5Object, place: Path, path: Path, chosen: Sequence[str], movies: Iterable[str]
) -> tuple[pd.DataFrame, str] | None:
    """Return a table in the file as a table of what was shown, and its place; None where the path is a csv file's.

    Movies are named in a column ``clip``, or in the only column that contains names of movies; rows of other stimuli
    are left out. Without such a column, all rows are of the one movie that was chosen. Raises ReverieError where the
    path is neither.
    """
    if path.exists():
        return None
    group = file.get(path.as_posix())
    if not isinstance(group, h5py.Group):
        raise ReverieError(f"{path} is neither a csv file nor a table in {place}; {LISTS}.")
    said, rows = f"{place}:{group.name}", table(group, "start_time")
    known = {*movies, ""}
    named = [name for name in rows if not is_numeric_dtype(rows[name]) and _names(rows[name], known - {""}).any()]
    named = ["clip"] if "clip" in rows else named
    if len(named) == 1:
        rows = rows.assign(clip=rows[named[0]])
        shown = _names(rows["clip"], known)
        if shown.any() and not shown.all():  # the names in rows without a known movie are reported
            other = sorted(set(rows["clip"][~shown].astype(str)))
            say(f"{said}: rows that name no known movie are left out ({some(other)}).")
            rows = rows[shown]
    elif len(chosen) == 1:
        _say_told_apart(rows, chosen[0], said)
        rows = rows.assign(clip=chosen[0])
    else:
        raise ReverieError(
            f"{said} has no column of the names of movies in the file (its columns: {', '.join(map(str, rows))}); name "
            "one movie with --movie, or give --frames-table with a csv file."
        )
    _say_other_times(rows, said)
    return rows.rename(columns={"start_time": "time" if "frame" in rows else "onset", "stop_time": "end"}), said


def require_no_own_times(rows: pd.DataFrame, said: str, presented: Mapping[str, Callable[[], Times]]) -> None:
    """Raise ReverieError where all showings of a movie begin while it runs at times of its own, as trials within it do.

    Each would be taken to show it from its first picture on.

    Parameters
    ----------
    rows, said
        What was shown according to a table, and its place.
    presented
        For each movie that the file says itself to have been shown, a function that returns the times of its pictures.
    """
    for clip, times_of in {} if has_row_per_frame(rows) else presented.items():
        onsets = rows["onset"][_names(rows["clip"], {clip})]
        if len(onsets) < 2:
            continue
        try:
            times = times_of()
        except ReverieError:  # it has no times of its own, or cannot be read, which is told later
            continue
        if onsets.between(times[0], times[-1]).all():
            raise ReverieError(
                f"{said} has rows from {onsets.min():g} to {onsets.max():g} s, during which {clip} was on by its "
                "own times; leave --frames-table out, or give one of the columns time, clip, frame."
            )


def _say_told_apart(rows: pd.DataFrame, clip: str, said: str) -> None:
    """Print a message where a table tells its rows apart in words, since not all may show the movie that was chosen."""
    words = {str(name): rows[name].astype(str).unique() for name in rows if not is_numeric_dtype(rows[name])}
    told = [f"{name}: {some(sorted(each))}" for name, each in words.items() if 1 < len(each) < len(rows)]
    if told:
        say(
            f"{said}: all {len(rows)} rows are taken to show {clip}, whatever they are called ({'; '.join(told)}); if "
            "some show something else, give the others in a csv file for --frames-table."
        )


def _say_other_times(rows: pd.DataFrame, said: str) -> None:
    """Print a message where a table holds further times within its rows, since movies may have come on then."""
    if "stop_time" not in rows:
        return
    start, stop = rows["start_time"], rows["stop_time"]
    columns = [name for name in rows if name not in ("start_time", "stop_time") and is_numeric_dtype(rows[name])]
    inside = {name: (rows[name] >= start) & (rows[name] <= stop) for name in columns}
    others = [str(name) for name in columns if inside[name].mean() > 0.9 and (rows[name] > start).any()]
    if others and len(rows) >= LEAST_ROWS:
        say(
            f"{said}: movies are taken to have come on at start_time, though there are further times ({some(others)}); "
            "if they came on then, say so in a csv file for --frames-table."
        )


def _names(column: pd.Series, known: Set[str]) -> pd.Series:
    """Return which rows of a column name a known movie."""
    return column.astype(str).map(lambda clip: not known.isdisjoint(spellings(clip))).astype(bool)
