"""Sorted units of an NWB file: their spikes, and when each was observed."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool
from pandas.api.types import is_numeric_dtype

from reverie.foundation.errors import ReverieError, some
from reverie.foundation.progress import say
from reverie.recordings.readers.array_files import require_stored
from reverie.recordings.readers.nwb.file import H5Object, is_row, place_of, table
from reverie.recordings.resampling import covered
from reverie.recordings.signals import REAL, SpikeTrains

JUDGEMENTS = ("quality", "group")
"""Columns with the spike sorter's label of each unit: those of Allen and SpikeInterface, and of phy."""

NOISE = "noise"
"""Label of units that are not neurons."""

BELIEVED = 0.9
"""Least share of all spikes that lie in the intervals in which their units are said to have been observed; with fewer,
these intervals are of something else."""


def labelled_trains(units: H5Object, path: str) -> tuple[SpikeTrains, str]:
    """Return the spikes of units that are not labelled noise, and the table's labels of all units in words."""
    trains, facts = spike_times(units), table(units)
    column = next((name for name in JUDGEMENTS if name in facts and not is_numeric_dtype(facts[name])), None)
    if column is None:
        return spike_trains(units, path, trains, np.ones(len(trains), dtype=bool)), ""
    words = facts[column].astype(str).str.strip().str.casefold()
    kept = words != NOISE if (words != NOISE).any() else words == NOISE
    called = some(f"{count} {word or 'nothing'}" for word, count in words.value_counts().items())
    left_out = "" if kept.all() else "; noise is left out"
    told = f" (its column {column!r} calls {called}{left_out})"
    return spike_trains(units, path, trains, kept.to_numpy(dtype=bool)), told


def spike_trains(
    units: H5Object, place: str, trains: Sequence[np.ndarray], kept: Bool[np.ndarray, " unit"]
) -> SpikeTrains:
    """Return the spikes of some of the units of a table, whose spikes are given, as a signal called ``place``."""
    observed = _observed(units, trains)
    chosen = np.flatnonzero(kept).tolist()
    return SpikeTrains(
        place, [trains[unit] for unit in chosen], observed=observed and [observed[unit] for unit in chosen]
    )


def spike_times(units: H5Object) -> list[np.ndarray]:
    """Return the spike times of each unit of a table, in seconds; raises ReverieError when a part is missing."""
    flat, ends = units.get("spike_times", units), units.get("spike_times_index", units)
    sound = all(is_row(part) and part.dtype.kind in REAL for part in (flat, ends)) and ends.size == units["id"].size
    flat, ends = (
        np.asarray(require_stored(part, place_of(units))).ravel() if sound else np.zeros(0) for part in (flat, ends)
    )
    bounds = np.concatenate([[0], ends.astype(np.int64)])
    if not sound or (np.diff(bounds) < 0).any() or bounds[-1] != len(flat):
        raise ReverieError(
            f"{place_of(units)} has no column 'spike_times' that fits its other columns; copy the file again."
        )
    return np.split(flat, bounds[1:-1])


def _observed(units: H5Object, trains: Sequence[np.ndarray]) -> list[np.ndarray] | None:
    """Return the intervals, (interval, 2) in seconds, in which each unit was observed; None where they are not said."""
    intervals, ends = units.get("obs_intervals"), units.get("obs_intervals_index")
    if intervals is None or ends is None or intervals.ndim != 2 or intervals.shape[1] != 2:
        return None
    bounds = np.concatenate([[0], np.asarray(ends).ravel().astype(np.int64)])
    if len(bounds) != len(trains) + 1 or (np.diff(bounds) < 0).any() or bounds[-1] != len(intervals):
        say(f"{place_of(units)}: obs_intervals does not fit the other columns and is not used.")
        return None
    found = [np.asarray(part, dtype=np.float64) for part in np.split(np.asarray(intervals), bounds[1:-1])]
    always = np.array([[-np.inf, np.inf]])
    found = [part if len(part) else always for part in found]
    inside = sum(int(covered(np.asarray(train), part, 0.0).sum()) for train, part in zip(trains, found, strict=True))
    if inside < BELIEVED * sum(map(len, trains)):
        say(f"{place_of(units)}: many spikes lie outside their units' obs_intervals, which are not used.")
        return None
    return found
