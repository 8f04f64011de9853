"""MICrONS functional scans (DANDI:000402): one long movie, tables of clips, a response series per field."""

from functools import partial
from pathlib import Path

import numpy as np

from reverie.foundation.arrays import GAZE_X, PUPIL, RUNNING
from reverie.foundation.errors import ReverieError
from reverie.foundation.progress import say
from reverie.recordings.clocks import usual_rate
from reverie.recordings.readers.nwb.file import (
    H5Object,
    behaviour_in,
    by_place,
    objects_of_kind,
    place_of,
    sampled_series,
    table,
)
from reverie.recordings.readers.nwb.movies import image_series_footage, image_times
from reverie.recordings.reading import Reading
from reverie.recordings.recorded import Recorded, Showing
from reverie.recordings.source import read_members

WRITTEN_BY = "MICrONS"

TABLES = ("Clip", "Trippy", "Monet2")
FLUORESCENCE = "processing/ophys/Fluorescence"
MOVIE_PLACES = ("stimulus/presentation", "acquisition", "stimulus/templates")
MOVIE = "movie"
BEHAVIOUR = (
    ("acquisition/treadmill_velocity", RUNNING),
    ("acquisition/PupilTracking/pupil_major_radius", PUPIL),
    ("acquisition/PupilTracking/pupil_minor_radius", PUPIL),
    ("acquisition/EyeTracking/eye_position", GAZE_X),
)


def fits(file: H5Object) -> bool:
    """Return whether a file has this layout."""
    tables = [file[f"intervals/{name}"] for name in TABLES if f"intervals/{name}" in file]
    return FLUORESCENCE in file and any("condition_hash" in group for group in tables)


def recorded(file: H5Object, place: Path, reading: Reading) -> Recorded:
    """Return the file's contents: each clip is a stretch of the long movie; repeats are identified by their hash."""
    series = _movie(file, place, reading)
    planes = read_members(by_place(objects_of_kind(file, FLUORESCENCE, "RoiResponseSeries")), sampled_series)
    neurons = sum(plane.rows for plane in planes)
    return Recorded(
        name=place.stem,
        place=place,
        responses=planes,
        signals=behaviour_in(file, BEHAVIOUR),
        showings=_showings(file, image_times(series, place, reading)),
        clips={MOVIE: partial(image_series_footage, series, place, reading)},
        notes=(
            f"{place}: MICrONS, fluorescence of {neurons} neurons in {len(planes)} fields, each with its own times.",
        ),
    )


def _movie(file: H5Object, place: Path, reading: Reading) -> H5Object:
    """Return the movie of the file, or the one that was chosen; raises ReverieError where several are left."""
    places = [list(objects_of_kind(file, folder, "ImageSeries")) for folder in MOVIE_PLACES]
    found = [series for each in places for series in each]
    asked = [series for series in found if series.name in reading.movie]
    chosen = asked if reading.movie else next(filter(None, places), [])
    if len(chosen) != 1:
        there = ", ".join(series.name for series in found) or "none"
        raise ReverieError(f"{place} should hold one movie of all that was shown; choose --movie from: {there}.")
    return chosen[0]


def _showings(file: H5Object, times: np.ndarray) -> list[Showing]:
    """Return the stretch of the movie that each row of the tables describes."""
    tables = [file[f"intervals/{name}"] for name in TABLES if f"intervals/{name}" in file]
    found = [showing for part in read_members(by_place(tables), partial(_stretches, times=times)) for showing in part]
    return sorted(found, key=lambda showing: float(showing.onsets[0]))


def _stretches(group: H5Object, times: np.ndarray) -> list[Showing]:
    step = 1.0 / (usual_rate(times) or 1.0)
    found = []
    rows = table(group, "start_time", "stop_time").to_dict("records")
    for row in rows:
        # Half a frame earlier, so that rounded times fall on the right side.
        first, last = np.searchsorted(times, [float(row[end]) - 0.5 * step for end in ("start_time", "stop_time")])
        if last > first:
            frames = np.arange(first, last)
            tier, key = str(row.get("tier") or ""), str(row.get("condition_hash") or "") or None
            found.append(Showing(times[first:last], float(times[last - 1]) + step, MOVIE, frames, tier, key))
    if len(found) < len(rows):
        say(f"{place_of(group)} has {len(rows) - len(found)} rows during which no frame of the movie was shown.")
    return found
