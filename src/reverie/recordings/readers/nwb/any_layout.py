"""NWB files of any layout: the user names the path of every part, and nothing is guessed."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from posixpath import basename

import h5py
import numpy as np

from reverie.foundation.arrays import PUPIL, RUNNING
from reverie.foundation.errors import ReverieError, some
from reverie.recordings.clocks import usual_rate
from reverie.recordings.readers.clips import OpenClip, named_files
from reverie.recordings.readers.nwb.contents import (
    LISTS,
    PRESENTATIONS,
    TEMPLATES,
    movies_in,
    movies_under,
    require_other_regions,
    unused_behaviour,
)
from reverie.recordings.readers.nwb.file import (
    H5Object,
    by_place,
    gaze_signals,
    kind_of,
    lost_links,
    sampled_series,
)
from reverie.recordings.readers.nwb.movies import image_series_footage, image_series_showings, image_times, index_series
from reverie.recordings.readers.nwb.regions import only_cells, response_series
from reverie.recordings.readers.nwb.tables import require_no_own_times, table_inside
from reverie.recordings.readers.nwb.units import labelled_trains
from reverie.recordings.readers.shown_movies import ShownMovies, shown_by_table
from reverie.recordings.readers.timed_showings import counted_from_one
from reverie.recordings.reading import Reading
from reverie.recordings.recorded import Recorded
from reverie.recordings.signals import Meaning, Sampled, Signal
from reverie.recordings.source import read_members

AMOUNTS = ("event", "deconv", "spike")
"""Words in the path of responses that are amounts; other responses are levels."""


def recorded(file: H5Object, place: Path, reading: Reading) -> Recorded:
    """Return what the options select: ``--responses``, ``--movie`` or ``--frames-table``, ``--running`` and so on."""
    assert reading.responses is not None
    responses, note = _responses(file, place, reading.responses)
    beside = _shown(file, place, reading)
    signals: dict[str, Signal] = {}
    notes = [f"{place}: {note}."]
    for named, signal in ((reading.running, RUNNING), (reading.pupil, PUPIL)):
        if named is not None:
            columns = sampled_series(_series(file, place, named))
            signals[signal] = replace(columns, columns=np.zeros(1, int))
            if columns.rows > 1:
                notes.append(f"{place}: the first of the {columns.rows} columns of {named} is taken as {signal}.")
    if reading.gaze is not None:
        signals |= gaze_signals(_series(file, place, reading.gaze))
    if not signals and (clause := unused_behaviour(file)):
        notes.append(f"{place}: {clause}.")
    return Recorded(place.stem, place, responses, signals, beside.showings, beside.clips, notes=(*notes, *beside.notes))


def _shown(file: H5Object, place: Path, reading: Reading) -> ShownMovies:
    """Return what was shown when, from the file's own movies, or from a table in the file or beside it."""
    inside, files = _requested_movies(file, place, reading)
    if reading.frames_table is None:
        if inside:
            return _shown_inside(inside, place, reading)
        if there := movies_in(file):
            raise ReverieError(f"{place} does not say which movie was shown; choose --movie from: {some(there)}.")
    named = {basename(path): movie for path, movie in (movies_in(file) | inside).items()}
    clips = {name: partial(_clip, series, place, reading) for name, series in named.items()}
    given = [*(basename(path) for path in inside), *named_files(files)]
    path = reading.frames_table
    rows = None if path is None else table_inside(file, place, path, given, {*clips, *given})
    if rows is not None:
        presented = {name: movie for name, movie in named.items() if movie.name.startswith(PRESENTATIONS)}
        require_no_own_times(*rows, {name: partial(image_times, presented[name], place, reading) for name in presented})
    return shown_by_table(place, replace(reading, movie=files), clips, rows)


def _requested_movies(file: H5Object, place: Path, reading: Reading) -> tuple[dict[str, H5Object], tuple[str, ...]]:
    """Return the requested movies in the file, by path, and those in other files.

    A movie is named by its path, with or without the first slash, by that of its container, or by its own name.
    """
    inside: dict[str, H5Object] = {}
    files = []
    for asked in reading.movie:
        item = file.get(asked)
        found = movies_under(item)
        if item is None and ("=" in asked or Path(asked).exists()):
            files.append(asked)
            continue
        if not found:
            found = {path: movie for path, movie in movies_in(file).items() if basename(path) == asked}
            if len(found) != 1:
                what = "several movies named" if found else "nothing at" if item is None else "no movie at"
                raise ReverieError(f"{place} holds {what} {asked}; {LISTS}.")
        inside |= found
    return inside, tuple(files)


def _shown_inside(inside: Mapping[str, H5Object], place: Path, reading: Reading) -> ShownMovies:
    """Return the movies in a file that have times; raises ReverieError when one has none."""
    showings, clips = [], {}
    notes: list[str] = []
    own = Counter(basename(path) for path in inside)
    for path, series in inside.items():
        if kind_of(series) == "IndexSeries":
            name, shown, opener = index_series(series, place, reading)
            notes += counted_from_one(shown, f"{place}:{path}")
        elif path.startswith(TEMPLATES):
            raise ReverieError(
                f"{place}:{path} is a template, which does not say when it was shown; give --frames-table with a csv "
                "file, or the path of a table in the file, of the columns time, clip, frame or onset, clip, in which "
                f"the clip is {path.rsplit('/', 1)[-1]}."
            )
        else:
            last = basename(path)
            name, opener = last if own[last] == 1 else path, partial(image_series_footage, series, place, reading)
            shown = image_series_showings(series, name, place, reading)
        showings += shown
        clips[name] = opener
    return ShownMovies(showings, clips, tuple(notes))


def _clip(series: H5Object, place: Path, reading: Reading) -> OpenClip:
    """Return a movie in a file, for a table of when it was shown."""
    footage = image_series_footage(series, place, reading)
    try:
        rate = usual_rate(image_times(series, place, reading))
    except ReverieError:
        rate = 0.0
    return OpenClip.of(footage, rate, reading)


def _responses(file: H5Object, place: Path, path: str) -> tuple[Sequence[Signal], str]:
    """Return units, one series, or several (planes, each with its own times), and how they are taken."""
    if "*" not in path and kind_of(units := _object(file, place, path)) == "Units":
        trains, told = labelled_trains(units, path)
        return [trains], f"spikes of {trains.rows} units in {path}{told}"
    found = response_series(file, path)
    if not found:
        raise ReverieError(f"{place} holds no responses at {path}; {LISTS}.")
    require_other_regions(found)
    meaning: Meaning = "amount" if any(word in path.casefold() for word in AMOUNTS) else "level"
    whole: list[int] = []

    def cells(series: H5Object) -> Sampled:
        responses = sampled_series(series, meaning)
        plane = only_cells(responses, series)
        whole.append(responses.rows)
        return plane

    planes = read_members(by_place(found), cells)
    count, kind = sum(plane.rows for plane in planes), "amounts (events)" if meaning == "amount" else "levels (traces)"
    told = f" (their tables call {count} of {sum(whole)} regions cells; the others are left out)"
    return planes, f"{path} as {kind} of {count} neurons{told if count < sum(whole) else ''}"


def _object(file: H5Object, place: Path, path: str) -> H5Object:
    item = file.get(path)
    if not isinstance(item, h5py.Group):
        raise ReverieError(f"{place} holds nothing at {path}; {next(lost_links(file), f'{LISTS}.')}")
    return item


def _series(file: H5Object, place: Path, path: str) -> H5Object:
    """Return the series at a path, or the only one in a container there."""
    item = _object(file, place, path)
    inside = [one for one in item.values() if isinstance(one, h5py.Group) and "data" in one]
    if "data" in item or not inside:
        return item
    if len(inside) > 1:
        raise ReverieError(f"{place} holds several series at {path}; choose one: {some(one.name for one in inside)}.")
    return inside[0]
