"""Pupil, running and gaze in csv files of their own, beside responses whose files do not hold them."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from reverie.foundation.arrays import GAZE_X, GAZE_Y, PUPIL, RUNNING
from reverie.foundation.errors import ReverieError, counted
from reverie.recordings.readers.tables import order_by_time, read_csv
from reverie.recordings.reading import Reading
from reverie.recordings.signals import Sampled, Signal

TIMES = ("time", "times", "t", "timestamp", "timestamps", "seconds", "sec")
"""Names of a column of times, without a unit."""

OTHER_UNIT = re.compile(r"[ _(\[](ms|msec|milliseconds|us|\u00b5s|\u03bcs|microseconds|min|minutes)\W*$")
"""Units of time other than seconds, at the end of such a name."""


def read_behaviour(reading: Reading) -> Mapping[str, Signal]:
    """Return pupil and running from csv files with a time and a value (for gaze, two values) per row.

    Raises ReverieError when a file is not such a table.
    """
    found: dict[str, Signal] = {}
    given = ((reading.pupil, (PUPIL,)), (reading.running, (RUNNING,)), (reading.gaze, (GAZE_X, GAZE_Y)))
    for place, signals in given:
        if place is None:
            continue
        rows = read_csv(Path(place)).apply(pd.to_numeric, errors="coerce")
        names = _times_first(list(map(str, rows)))
        if len(names) and OTHER_UNIT.search(names[0]):
            raise ReverieError(f"{place} has a column {names[0]!r}; give times in seconds.")
        table = rows[names].to_numpy(float)
        if table.shape[1] != 1 + len(signals) or len(table) < 2 or not np.isfinite(table[:, 0]).all():
            raise ReverieError(
                f"{place} should hold a time and {counted(len(signals), 'value')} per row, with a line of names."
            )
        if not _is_of_times(names[0]) and (np.diff(table[:, 0]) == 1).all():
            raise ReverieError(
                f"{place} has a column {names[0]!r} that numbers its rows, but none of times; give a column time, in "
                "seconds."
            )
        order = order_by_time(table[:, 0], np.arange(len(table)) + 2, place)
        for column, signal in enumerate(signals, start=1):
            found[signal] = Sampled(place, table[order, 0], table[order, column : column + 1])
    return found


def _times_first(names: Sequence[str]) -> list[str]:
    """Return the columns of behaviour, those of times first, whatever the order, and x before y where they say so."""
    words = {name: re.findall(r"[a-z]+", name) for name in names}
    both = any("x" in each for each in words.values())
    return sorted(names, key=lambda name: (not _is_of_times(name), both and "y" in words[name]))


def _is_of_times(name: str) -> bool:
    """Return whether a column is called as one of times is, with or without a unit."""
    return re.split(r"[ _(\[]", name)[0] in TIMES
