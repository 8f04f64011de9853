"""Tables of what was shown whose columns have the names of NWB's intervals, of BIDS's events, or of a lab's own log."""

from collections.abc import Callable, Hashable, Mapping

import numpy as np
import pandas as pd

USUAL: Mapping[str, str] = {"start_time": "onset", "stop_time": "end", "stim_file": "clip"}
"""Names of columns in NWB and BIDS, and what they are called here."""

ENDS = ("offset", "stop", "end_time")
"""Names of columns of when something was over in the logs of labs, unless their numbers are before the onset."""

DURATION = "duration"
"""BIDS's column of how long something was shown, in seconds."""


def usual_columns(table: pd.DataFrame, names_movie: Callable[[str], bool]) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return a table with the columns time or onset, end and clip, as far as others mean these; and what was taken.

    Without a column ``clip``, the only one of text most of whose cells name movies is taken; numbers may be of
    anything. A table of which no such column makes one of times, or with two columns of one name, is returned as it is,
    for a message with its own names.

    Parameters
    ----------
    table
        All cells as text.
    names_movie
        Whether a text names a movie that is there.

    Examples
    --------
    >>> log = pd.DataFrame({"onset": ["1.5"], "duration": ["2"], "stimulus": ["a.mp4"]})
    >>> usual_columns(log, lambda text: text == "a.mp4")[0].to_dict("list")
    {'onset': ['1.5'], 'duration': ['2'], 'clip': ['a.mp4'], 'end': ['3.5']}
    """
    if not table.columns.is_unique:
        return table, ()
    meant = {**USUAL, "start_time": "time" if "frame" in table else "onset"}
    renamed: dict[Hashable, str] = {old: new for old, new in meant.items() if old in table and new not in table}
    if "clip" not in table and "stim_file" not in table:
        naming = [column for column in table if column not in renamed and _mostly_name(table[column], names_movie)]
        renamed |= {column: "clip" for column in naming if len(naming) == 1}
    if (over := _end_of(table.rename(columns=renamed))) is not None:
        renamed[over] = "end"
    found = table.rename(columns=renamed)
    if not {"time", "onset"} & set(found):
        return table, ()
    taken = [f"{new} from {old}" for old, new in renamed.items()]
    if {"onset", DURATION} <= set(found) and "end" not in found:
        onsets, lasts = (pd.to_numeric(found[column], errors="coerce") for column in ("onset", DURATION))
        found = found.assign(end=[str(end) if np.isfinite(end) else "" for end in onsets + lasts.where(lasts > 0)])
        taken.append(f"end from {DURATION}")
    return found, tuple(taken)


def _end_of(table: pd.DataFrame) -> str | None:
    """Return the column of a lab's own name that says when each showing was over, None where there is none or another.

    A column of that name may hold something else, such as a delay; then some of its numbers are not after the onset. It
    may also be a place on the screen, so that a column of durations is taken instead where there is one.
    """
    if "onset" not in table or not {"end", DURATION}.isdisjoint(table):
        return None
    onsets = pd.to_numeric(table["onset"], errors="coerce")
    for name in ENDS:
        if name in table:
            ends = pd.to_numeric(table[name], errors="coerce")
            if ends.notna().any() and (ends > onsets)[ends.notna()].all():
                return name
    return None


def _mostly_name(column: pd.Series, names_movie: Callable[[str], bool]) -> bool:
    cells = column.dropna().astype(str).str.strip().unique()
    numbers = pd.to_numeric(pd.Series(cells), errors="coerce").notna()
    return bool(len(cells)) and not numbers.all() and 2 * sum(map(names_movie, cells)) > len(cells)
