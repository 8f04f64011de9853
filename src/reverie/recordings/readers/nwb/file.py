"""The parts of an NWB file, read with h5py: time series and tables.

Source: the NWB schema 2.x (nwb-schema.readthedocs.io), and files written with pynwb.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

import h5py
import numpy as np
import pandas as pd

from reverie.foundation.arrays import GAZE_X, GAZE_Y
from reverie.foundation.errors import ReverieError, reading_foreign, require_unlocked
from reverie.foundation.placeholders import read_start
from reverie.foundation.progress import say
from reverie.recordings.clocks import paired_times, sampled_times
from reverie.recordings.facts import require_number_type
from reverie.recordings.readers.array_files import require_stored
from reverie.recordings.signals import REAL, Meaning, Sampled, Signal

MOST_SORTED = 50_000_000
"""Largest number of samples that are read at once where some have no time."""

H5Object: TypeAlias = Any
"""A file, group or data set of h5py, which ships no types."""


def open_file(place: Path) -> H5Object:
    """Open a file for reading; raises ReverieError when it is no HDF5 file, or stands in for one."""
    read_start(place)
    try:
        return h5py.File(place, "r")
    except OSError as error:
        require_unlocked(place, error)
        raise ReverieError(f"{place} could not be read as an NWB file ({error}); copy it again.") from error


def kind_of(item: H5Object) -> str:
    """Return the type that the schema gives an object, such as "ImageSeries"; empty where it has none."""
    kind = item.attrs.get("neurodata_type", b"")
    kind = kind.ravel()[0] if isinstance(kind, np.ndarray) and kind.size == 1 else kind
    return kind.decode() if isinstance(kind, bytes) else str(kind)


def place_of(item: H5Object) -> str:
    """Return file and path of an object, for messages."""
    return f"{item.file.filename}:{item.name}"


def by_place(items: Iterable[H5Object]) -> dict[str, H5Object]:
    """Return objects by file and path, for ``read_members``."""
    return {place_of(item): item for item in items}


def lost_links(group: H5Object) -> Iterator[str]:
    """Yield a sentence on each broken link in a file, whose target is left out."""
    for name in group:
        link = group.get(name, getlink=True)
        if isinstance(link, h5py.HardLink):
            if isinstance(inner := group.get(name), h5py.Group):
                yield from lost_links(inner)
        elif group.get(name) is None:
            target = f"{getattr(link, 'filename', '')}:{link.path}".lstrip(":")
            link_place = f"{place_of(group)}/{name}"
            yield f"{link_place} is left out, since it leads to {target}, which is not there; bring that back."


def objects_of_kind(file: H5Object, folder: str, kind: str) -> Iterator[H5Object]:
    """Yield the objects of a kind under a path, links followed, in order of their names."""
    group = file.get(folder)
    if not isinstance(group, h5py.Group):
        return
    for name in sorted(group):
        item = group.get(name)
        if not isinstance(item, h5py.Group):
            continue
        if kind_of(item) == kind:
            yield item
        else:
            yield from objects_of_kind(file, f"{folder}/{name}", kind)


def data_of(series: H5Object) -> H5Object:
    """Return the samples of a time series; raises ReverieError when it has none."""
    data = series.get("data")
    if not isinstance(data, h5py.Dataset) or not data.ndim:
        raise ReverieError(
            f"{place_of(series)} has no data of its own (it is a {kind_of(series) or 'group'}); name a series that "
            "has, or copy the file again."
        )
    return require_stored(data, place_of(series))


def _stamps(series: H5Object) -> np.ndarray:
    """Return the stored times of a series' samples."""
    return np.asarray(require_stored(series["timestamps"], place_of(series)), dtype=np.float64).ravel()


def times_of(series: H5Object, count: int) -> np.ndarray:
    """Return the times of ``count`` samples in seconds; raises ReverieError when a series has none."""
    if "timestamps" in series:
        return paired_times(_stamps(series), count, place_of(series))
    start = series.get("starting_time")
    rate = None if start is None else start.attrs.get("rate")
    first, rate = (None if one is None or np.size(one) != 1 else float(np.ravel(one)[0]) for one in (start, rate))
    if first is None or rate is None or not np.isfinite(rate) or rate <= 0:
        raise ReverieError(f"{place_of(series)} has neither timestamps nor a rate; it cannot be placed in time.")
    return sampled_times(count, rate, first)


def sampled_series(series: H5Object, meaning: Meaning = "level", *, column: int | None = None) -> Sampled:
    """Return a time series in its own unit (after ``conversion`` and ``offset``), or one column of it.

    Some writers put rows first, against the schema; this is recognised by the number of regions, or of times.
    """
    data, regions = data_of(series), series.get("rois")
    require_number_type(data.dtype, place_of(series))
    if data.ndim > 2:
        raise ReverieError(f"{place_of(series)} has the shape {data.shape}, where (time, row) was expected.")
    scale, offset = unit_of(data)
    rows_first = data.ndim == 2 and (_is_turned(series, data) if regions is None else _has_rows(data, len(regions)))
    times, values = _timed(series, data, 1 if rows_first else 0)
    return Sampled(
        place_of(series),
        times,
        values if values.ndim == 2 else np.asarray(values)[:, None],
        meaning,
        rows_first,
        columns=None if column is None else np.array([column]),
        scale=scale,
        offset=offset,
    )


def _has_rows(data: H5Object, count: int) -> bool:
    """Return whether the first axis of data, and not the second, has a certain length."""
    return bool(len(data) == count != data.shape[1])


def _is_turned(series: H5Object, data: H5Object) -> bool:
    """Return whether data are (row, time), as MATLAB writes them: there are as many times as columns, or one row."""
    if "timestamps" in series:
        return bool(data.shape[1] == series["timestamps"].size != len(data))
    return bool(len(data) == 1 < data.shape[1])


def _timed(series: H5Object, data: H5Object, axis: int) -> tuple[np.ndarray, H5Object]:
    """Return times and samples of a series, without samples that have no time, as lost pulses leave them."""
    stamps = _stamps(series) if "timestamps" in series else None
    known = None if stamps is None else np.isfinite(stamps)
    lost = known is not None and len(known) == data.shape[axis] and not known.all()
    if stamps is None or known is None or not lost or data.size > MOST_SORTED or not known.any():
        return times_of(series, data.shape[axis]), data
    say(f"{place_of(series)}: {np.sum(~known)} samples whose times are not numbers are left out.")
    times = stamps[known]
    return paired_times(times, len(times), place_of(series)), np.compress(known, np.asarray(data), axis=axis)


def unit_of(data: H5Object) -> tuple[float, float]:
    """Return the scale and the offset that convert stored samples to the unit of their series.

    A conversion of 0 or NaN, as some writers leave it, is ignored.
    """
    scale, offset = (float(data.attrs.get(name, usual)) for name, usual in (("conversion", 1.0), ("offset", 0.0)))
    return scale if np.isfinite(scale) and scale != 0 else 1.0, offset if np.isfinite(offset) else 0.0


def gaze_signals(series: H5Object) -> dict[str, Sampled]:
    """Return a series of positions (time, 2) as pupil x and y; raises ReverieError when it is not one."""
    both = sampled_series(series)
    if both.rows < 2:
        shape = data_of(series).shape
        raise ReverieError(f"{place_of(series)} has the shape {shape}, where (time, 2) was expected.")
    return {name: replace(both, columns=np.array([column])) for column, name in enumerate((GAZE_X, GAZE_Y))}


def behaviour_in(file: H5Object, places: Iterable[tuple[str, str]]) -> dict[str, Signal]:
    """Return the signals that a file has at some paths, each with the signal's name, the preferred ones first.

    Pupil x and y come together, under the name of the first. A broken series is left out with a message.
    """
    found: dict[str, Signal] = {}
    for path, signal in places:
        series = file.get(path)
        if series is None or signal in found:
            continue
        try:
            with reading_foreign(place_of(series)):
                found |= gaze_signals(series) if signal == GAZE_X else {signal: sampled_series(series, column=0)}
        except ReverieError as error:
            say(f"{place_of(series)} is not used: {error}")
    return found


def table(group: H5Object, *needed: str) -> pd.DataFrame:
    """Return the columns of a table with one value per row; text is decoded.

    Raises ReverieError when a needed column does not hold one number per row.
    """
    columns, count = {}, group["id"].size
    for name in column_names(group):
        column = group.get(name)
        if is_row(column) and column.size == count and f"{name}_index" not in group:
            columns[name] = _cells(column).ravel()
    if lacking := [name for name in needed if name not in columns or columns[name].dtype.kind not in REAL]:
        raise ReverieError(
            f"{place_of(group)} has no column {lacking[0]!r} with one number per row; copy the file again."
        )
    return pd.DataFrame(columns, index=range(count))


def column_names(group: H5Object) -> list[str]:
    """Return the names of a table's columns."""
    return [name.decode() if isinstance(name, bytes) else str(name) for name in group.attrs.get("colnames", ())]


def _cells(column: H5Object) -> np.ndarray:
    """Return the values of a column; those of an enumeration are numbers that stand for words stored elsewhere."""
    if (words := column.attrs.get("elements")) is not None:
        return np.asarray(_cells(column.file[words])[column[()]])
    return np.asarray(column.asstr()[()] if h5py.check_string_dtype(column.dtype) else column[()])


def is_row(item: H5Object) -> bool:
    """Return whether an object is a row of values, which MATLAB, without arrays of one axis, writes as (1, value)."""
    return isinstance(item, h5py.Dataset) and item.ndim > 0 and item.size == max(item.shape)
