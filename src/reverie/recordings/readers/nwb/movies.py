"""What was shown, in an NWB file: image series, images shown by index, and stretches without a movie."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path, PureWindowsPath
from posixpath import basename

import h5py
import numpy as np
import pandas as pd

from reverie.foundation.errors import ReverieError, some
from reverie.foundation.progress import say
from reverie.recordings.clocks import STRAY_PULSES
from reverie.recordings.footage import picture_size, stored_frames
from reverie.recordings.readers.clip_axes import array_axes
from reverie.recordings.readers.clips import open_clip
from reverie.recordings.readers.frame_tables import showings_by_frame
from reverie.recordings.readers.nwb.file import H5Object, data_of, place_of, table, times_of, unit_of
from reverie.recordings.reading import Reading
from reverie.recordings.recorded import Showing
from reverie.recordings.source import Footage

Indexed = tuple[str, list[Showing], Callable[[], Footage]]
"""The name of a movie that is shown by index, its showings, and a function that opens it."""


def image_series_showings(series: H5Object, name: str, place: Path, reading: Reading) -> list[Showing]:
    """Return when an ``ImageSeries`` with times was shown; a pause ends a showing."""
    times = image_times(series, place, reading)
    rows = pd.DataFrame({"time": times, "clip": name, "frame": np.arange(len(times))})
    return showings_by_frame(rows, place_of(series))


def image_times(series: H5Object, place: Path, reading: Reading) -> np.ndarray:
    """Return the onset of each picture of an ``ImageSeries``; for one in other files, of as many as were shown."""
    footage = image_series_footage(series, place, reading)
    count = stored_frames(footage, footage.axes)
    if len(series.get("external_file", ())):
        count = min(count, _stated_samples(series, count))  # a film may not have been shown to its end
    return times_of(series, count)


def _stated_samples(series: H5Object, stored: int) -> int:
    """Return how many frames a series in other files says it has, and as many as are stored where it does not say.

    Raises ReverieError when they are many more than are stored.
    """
    stamps, stated = series.get("timestamps"), series.get("num_samples")
    if stamps is not None:
        return len(stamps)
    if stated is None or stated.size != 1:
        return stored
    count = int(np.ravel(stated)[0])
    if count - stored > STRAY_PULSES:
        raise ReverieError(
            f"{place_of(series)} shows {count} frames, but its files hold {stored}; bring back the whole files."
        )
    return count


def image_series_footage(series: H5Object, place: Path, reading: Reading) -> Footage:
    """Return the movie in an ``ImageSeries``, in its own unit, or in the files it names beside the NWB file."""
    if len(series.get("external_file", ())):
        return _external(series, place, reading)
    data = data_of(series)
    if data.ndim not in (3, 4):
        raise ReverieError(f"{place_of(series)} has the shape {data.shape}, where (time, y, x) was expected.")
    # Only the place of colours is open; the schema puts time first.
    axes = "time,height,width" if data.ndim == 3 else array_axes(data.shape, reading, None, place_of(series))
    unit = unit_of(data)
    values = data if unit == (1.0, 0.0) else _InUnits(data, *unit)
    return Footage(place_of(series), values, axes if reading.axes == "auto" else reading.axes)


def _external(series: H5Object, place: Path, reading: Reading) -> Footage:
    """Return the movie in the files that a series names, one after the other."""
    names = [name.decode() if isinstance(name, bytes) else str(name) for name in series["external_file"][()]]
    movies = [open_clip(_external_path(name, place, series), reading, numbered=True).footage for name in names]
    if len(movies) == 1:
        return movies[0]
    time = movies[0].axes.split(",").index("time")
    if len(kinds := {f"{each.values.dtype} of {picture_size(each, each.axes)}" for each in movies}) > 1:
        raise ReverieError(
            f"{place_of(series)} shows a movie in files that differ in type or size ({some(sorted(kinds))}); give "
            "them one type and size."
        )
    lengths = [stored_frames(each, each.axes) for each in movies]
    parts = [
        np.take(np.asarray(each.values), np.minimum(np.arange(shown), length - 1), axis=time)
        for each, length, shown in zip(movies, lengths, _frames_of_each_file(series, names, lengths), strict=True)
    ]
    return replace(movies[0], values=np.concatenate(parts, axis=time))


def _frames_of_each_file(series: H5Object, names: Sequence[str], lengths: Sequence[int]) -> list[int]:
    """Return how many frames of each file a series shows, which follows from the first frame it has in each.

    All frames where there are as many times, or the file does not say; some writers number the files there instead. The
    last frame is held where up to three are lacking. Raises ReverieError where more are.
    """
    starts = np.asarray(series["external_file"].attrs.get("starting_frame", ())).ravel()
    said = len(starts) == len(lengths) and (np.diff(starts) > 0).all() and starts[-1] > len(starts)
    if not said or len(series.get("timestamps", ())) == sum(lengths):
        return list(lengths)
    shown = [*np.diff(starts).astype(int).tolist(), lengths[-1]]
    for name, length, wanted in zip(names, lengths, shown, strict=True):
        if wanted - length > STRAY_PULSES:
            raise ReverieError(
                f"{place_of(series)} shows {wanted} frames of {name}, which has {length}; bring back the whole file."
            )
        if wanted != length:
            left = "the others are left out" if wanted < length else "its last one is held"
            say(f"{place_of(series)} shows {wanted} frames of {name}, which has {length}; {left}.")
    return shown


class _InUnits:
    """Stored pictures in the unit of their series, converted when read."""

    def __init__(self, stored: H5Object, scale: float, offset: float) -> None:
        self.stored, self.scale, self.offset = stored, np.float32(scale), np.float32(offset)
        self.shape, self.dtype = stored.shape, np.dtype(np.float32)

    def __getitem__(self, key: object) -> np.ndarray:
        return np.asarray(self.stored[key], dtype=np.float32) * self.scale + self.offset


def _external_path(name: str, place: Path, series: H5Object) -> Path:
    """Return a file that a series names: at its path, with slashes of either kind, or else beside the NWB file.

    Raises ReverieError when it is not found.
    """
    spelled = PureWindowsPath(name)
    for path in (place.parent / name, place.parent / spelled.as_posix(), place.parent / spelled.name):
        if path.exists() or path.is_symlink():
            return path
    raise ReverieError(
        f"{place_of(series)} shows the movie in {name}, which is not there; put {spelled.name} beside {place.name}."
    )


def image_container_footage(group: H5Object, reading: Reading) -> Footage:
    """Return an ``Images`` container as a movie, with a frame per picture, in its own order."""
    order = group.get("order_of_images")
    if order is not None:
        pictures = [group.file[reference] for reference in order[()]]
    else:
        pictures = [group[name] for name in sorted(group, key=_numbered) if isinstance(group[name], h5py.Dataset)]
    sizes = {picture.shape for picture in pictures}
    if len(sizes) != 1:
        raise ReverieError(f"{place_of(group)} holds pictures of several sizes ({sizes}); a movie has one.")
    values = np.stack([np.asarray(picture) for picture in pictures])
    axes = "time,height,width" if values.ndim == 3 else "time,height,width,channel"
    return Footage(place_of(group), values, axes if reading.axes == "auto" else reading.axes)


def index_series(series: H5Object, place: Path, reading: Reading) -> Indexed:
    """Return what an ``IndexSeries`` shows."""
    target = series.get("indexed_timeseries")
    pictures = series.get("indexed_images")
    if target is None and pictures is None:
        links = [series.get(name, getlink=True) for name in ("indexed_timeseries", "indexed_images")]
        lost = next((f" but at {link.path}, which is not there" for link in links if hasattr(link, "path")), "")
        raise ReverieError(f"{place_of(series)} points at no movie{lost}; copy the file again, or choose another.")
    name = _own_name(pictures if target is None else target)
    numbers = np.asarray(data_of(series)).ravel()
    shown = showings_by_number(times_of(series, len(numbers)), numbers, name, place_of(series))
    opener = (
        partial(image_container_footage, pictures, reading)
        if target is None
        else partial(image_series_footage, target, place, reading)
    )
    return name, shown, opener


def showings_by_number(times: np.ndarray, numbers: np.ndarray, name: str, place: str) -> list[Showing]:
    """Return when a movie was shown, from the number of its frame at each time.

    Some writers use -1, or no number, where the screen was grey, which ends a showing.
    """
    shown = np.isfinite(numbers) & (numbers >= 0)
    frames = np.where(shown, numbers, 0).astype(np.int64)
    rows = pd.DataFrame({"time": times, "clip": np.where(shown, name, ""), "frame": frames})
    return [showing for showing in showings_by_frame(rows, place) if showing.clip]


def _own_name(item: H5Object) -> str:
    """Return a linked movie's own name, since h5py gives that of the link."""
    for folder in (item.file.get(path, {}) for path in ("stimulus/templates", "stimulus/presentation", "acquisition")):
        for name in folder:
            if folder.get(name) == item:
                return str(name)
    return str(basename(item.name))


def _numbered(name: str) -> list[tuple[int, str]]:
    """Return a sort key that orders names by the numbers in them.

    >>> sorted(["image10", "image9"], key=_numbered)
    ['image9', 'image10']
    """
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", name)]


def spontaneous(file: H5Object) -> list[Showing]:
    """Return the stretches that are labelled spontaneous in the table of epochs."""
    group = file.get("intervals/epochs")
    if group is None:
        return []
    epochs = table(group, "start_time", "stop_time")
    words = epochs.select_dtypes(exclude="number").astype(str)
    called = words.apply(lambda column: column.str.contains("spontaneous", case=False)).any(axis=1)
    return [
        Showing(np.array([float(row.start_time)]), float(row.stop_time))
        for row in epochs[called].itertuples()
        if row.stop_time > row.start_time
    ]
