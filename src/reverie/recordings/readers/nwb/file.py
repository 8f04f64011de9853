"""The parts an NWB file is made of, read with h5py: time series, tables, movies.

Source: the NWB schema 2.x (nwb-schema.readthedocs.io), and files written with pynwb.
"""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd

from reverie.foundation.arrays import STATE_NAMES
from reverie.foundation.errors import ReverieError, reading_foreign
from reverie.foundation.placeholders import read_start
from reverie.foundation.progress import say
from reverie.recordings.clocked import Showing
from reverie.recordings.clocks import paired_times, sampled_times
from reverie.recordings.readers.beside import showings_of
from reverie.recordings.readers.clips import open_clip
from reverie.recordings.reading import Reading
from reverie.recordings.signals import Meaning, Sampled
from reverie.recordings.source import Footage

PUPIL, RUNNING, GAZE_X, GAZE_Y = STATE_NAMES


def open_file(place: Path) -> Any:  # noqa: ANN401 - h5py ships no types
    """Open a file for reading; raises ReverieError when it is no HDF5 file, or stands in for one."""
    read_start(place)
    try:
        return h5py.File(place, "r")
    except OSError as error:
        raise ReverieError(f"{place} could not be read as an NWB file ({error}); copy it again.") from error


def kind_of(item: Any) -> str:  # noqa: ANN401
    """Return the type that the schema gives an object, such as "ImageSeries"; empty where it has none."""
    kind = item.attrs.get("neurodata_type", b"")
    return kind.decode() if isinstance(kind, bytes) else str(kind)


def where(item: Any) -> str:  # noqa: ANN401
    """Return file and path of an object, for messages."""
    return f"{item.file.filename}:{item.name}"


def within(file: Any, folder: str, kind: str) -> Iterator[Any]:  # noqa: ANN401
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
            yield from within(file, f"{folder}/{name}", kind)


def times_of(series: Any) -> np.ndarray:  # noqa: ANN401
    """Return when each sample of a time series was taken, in seconds; raises ReverieError when it does not say."""
    count = len(series["data"])
    if "timestamps" in series:
        return paired_times(np.asarray(series["timestamps"], dtype=np.float64), count, where(series))
    start = series.get("starting_time")
    rate = None if start is None else start.attrs.get("rate")
    if start is None or rate is None or not np.isfinite(rate) or rate <= 0:
        raise ReverieError(f"{where(series)} has neither timestamps nor a rate; it cannot be placed in time.")
    return sampled_times(count, float(rate), float(start[()]))


def sampled(series: Any, meaning: Meaning = "level", *, column: int | None = None) -> Sampled:  # noqa: ANN401
    """Return a time series in its own unit (after ``conversion`` and ``offset``), or one column of it."""
    data = series["data"]
    values = data if data.ndim == 2 else np.asarray(data).reshape(len(data), -1)
    return Sampled(
        where(series),
        times_of(series),
        values,
        meaning,
        columns=None if column is None else np.array([column]),
        scale=float(data.attrs.get("conversion", 1.0)),
        offset=float(data.attrs.get("offset", 0.0)),
    )


def pair(series: Any) -> dict[str, Sampled]:  # noqa: ANN401
    """Return a series of positions (time, 2) as pupil x and y; raises ReverieError when it is no such."""
    if series["data"].ndim != 2 or series["data"].shape[1] < 2:
        raise ReverieError(f"{where(series)} has the shape {series['data'].shape}, where (time, 2) was expected.")
    return {GAZE_X: sampled(series, column=0), GAZE_Y: sampled(series, column=1)}


def signals_in(series: Any, signal: str | None = None) -> dict[str, Sampled]:  # noqa: ANN401
    """Return one signal, or pupil x and y where none is named; nothing, which is said, where a series is broken."""
    try:
        with reading_foreign(where(series)):
            return pair(series) if signal is None else {signal: sampled(series, column=0)}
    except ReverieError as error:
        say(f"{where(series)} is not used: {error}")
        return {}


def table(group: Any) -> pd.DataFrame:  # noqa: ANN401
    """Return the plain columns of a table, one value a row; text decoded."""
    names = [name.decode() if isinstance(name, bytes) else str(name) for name in group.attrs.get("colnames", ())]
    columns = {}
    for name in names:
        column = group.get(name)
        if isinstance(column, h5py.Dataset) and column.ndim == 1 and f"{name}_index" not in group:
            values = column.asstr()[()] if h5py.check_string_dtype(column.dtype) else column[()]
            columns[name] = values
    return pd.DataFrame(columns)


def ragged(group: Any, name: str) -> list[np.ndarray]:  # noqa: ANN401
    """Return a column of a table that holds several values a row, such as the spike times of units."""
    flat, ends = np.asarray(group[name]), np.asarray(group[f"{name}_index"], dtype=np.int64)
    return np.split(flat, ends[:-1])


def image_footage(series: Any, place: Path, reading: Reading) -> Footage:  # noqa: ANN401
    """Return the movie in an ``ImageSeries``, or in the files it names beside the NWB file."""
    external = series.get("external_file")
    if external is not None and len(external):
        files = [place.parent / (name.decode() if isinstance(name, bytes) else str(name)) for name in external[()]]
        movies = [open_clip(path, reading).footage.values for path in files]
        values = movies[0] if len(movies) == 1 else np.concatenate([np.asarray(movie) for movie in movies])
        return Footage(str(files[0]), values, "time,height,width")
    data = series["data"]
    axes = "time,height,width" if data.ndim == 3 else "time,height,width,channel"
    if data.ndim not in (3, 4):
        raise ReverieError(f"{where(series)} has the shape {data.shape}, where (time, y, x) was expected.")
    return Footage(where(series), data, axes)


def images_footage(group: Any) -> Footage:  # noqa: ANN401
    """Return an ``Images`` container as a movie, a picture a frame, in its own order."""
    order = group.get("order_of_images")
    if order is not None:
        pictures = [group.file[reference] for reference in order[()]]
    else:
        pictures = [group[name] for name in sorted(group) if isinstance(group[name], h5py.Dataset)]
    sizes = {picture.shape for picture in pictures}
    if len(sizes) != 1:
        raise ReverieError(f"{where(group)} holds pictures of several sizes ({sizes}); a movie has one.")
    values = np.stack([np.asarray(picture) for picture in pictures])
    return Footage(where(group), values, "time,height,width" if values.ndim == 3 else "time,height,width,channel")


def indexed(
    series: Any,  # noqa: ANN401
    place: Path,
    reading: Reading,
) -> tuple[str, list[Showing], Callable[[], Footage]]:
    """Return what an ``IndexSeries`` shows: the movie's name, its showings, and the movie."""
    target = series.get("indexed_timeseries")
    pictures = series.get("indexed_images")
    if target is None and pictures is None:
        raise ReverieError(f"{where(series)} points at no movie; choose one with --movie.")
    name = (pictures if target is None else target).name.rsplit("/", 1)[-1]
    numbers = np.asarray(series["data"], dtype=np.int64).ravel()
    # Some writers fill up with -1 where the screen was grey.
    shown = numbers >= 0
    rows = pd.DataFrame({"time": times_of(series)[shown], "clip": name, "frame": numbers[shown]})
    opener = partial(images_footage, pictures) if target is None else partial(image_footage, target, place, reading)
    return name, showings_of(rows, where(series), _unopened), opener


def _unopened(clip: str, frames: int | None) -> Any:  # noqa: ANN401
    raise AssertionError(f"{clip} is known frame by frame")


def spontaneous(file: Any) -> list[Showing]:  # noqa: ANN401
    """Return the stretches that the table of epochs calls spontaneous."""
    group = file.get("intervals/epochs")
    if group is None:
        return []
    epochs = table(group)
    if not {"start_time", "stop_time"} <= set(epochs.columns):
        return []
    words = epochs.select_dtypes(exclude="number").astype(str)
    called = words.apply(lambda column: column.str.contains("spontaneous", case=False)).any(axis=1)
    return [
        Showing(np.array([float(row.start_time)]), float(row.stop_time))
        for row in epochs[called].itertuples()
        if row.stop_time > row.start_time
    ]
