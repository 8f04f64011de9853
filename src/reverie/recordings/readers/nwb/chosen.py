"""An NWB file of any layout, in which the user says what is what; nothing is guessed."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Final

import h5py

from reverie.foundation.arrays import PUPIL, RUNNING
from reverie.foundation.errors import ReverieError
from reverie.recordings.clocked import Recorded
from reverie.recordings.clocks import usual_rate
from reverie.recordings.footage import stored_frames
from reverie.recordings.readers.beside import ShownMovies, shown_beside
from reverie.recordings.readers.clips import UNTIMED, OpenClip
from reverie.recordings.readers.nwb.file import (
    H5Object,
    kind_of,
    pair,
    placed,
    sampled,
    spike_times,
    times_of,
    within,
)
from reverie.recordings.readers.nwb.movies import image_footage, image_times, indexed, shown_itself
from reverie.recordings.reading import Reading
from reverie.recordings.signals import Meaning, Signal, SpikeTrains
from reverie.recordings.source import read_members

MOVIES: Final = ("ImageSeries", "IndexSeries")
TEMPLATES: Final = "/stimulus/templates/"
"""Where movies lie that may be shown at any time, and often."""

RESPONSES: Final = ("RoiResponseSeries", "FluorescenceSeries", "Units")
BEHAVIOUR: Final = ("TimeSeries", "SpatialSeries", "IntervalSeries")

AMOUNTS: Final = ("event", "deconv", "spike")
"""Responses whose path holds one of these words are amounts; others are levels."""


def recorded(file: H5Object, place: Path, reading: Reading) -> Recorded:
    """Return what the options choose: ``--responses``, ``--movie`` or ``--frames-table``, ``--running`` and so on."""
    assert reading.responses is not None
    responses, note = _responses(file, _object(file, place, reading.responses), reading.responses)
    inside = {path: file[path] for path in reading.movie if path.startswith("/") and path in file}
    if reading.frames_table is None and inside:
        beside = _shown_inside(inside, place, reading)
    else:
        movies = {path.rsplit("/", 1)[-1]: partial(_clip, series, place, reading) for path, series in inside.items()}
        beside = shown_beside(place, reading, movies)
    signals: dict[str, Signal] = {}
    for named, signal in ((reading.running, RUNNING), (reading.pupil, PUPIL)):
        if named is not None:
            signals[signal] = sampled(_object(file, place, named), column=0)
    if reading.gaze is not None:
        signals |= pair(_object(file, place, reading.gaze))
    notes = (f"{place}: {note}.", *beside.notes)
    return Recorded(place.stem, place, responses, signals, beside.showings, beside.clips, notes=notes)


def _shown_inside(inside: Mapping[str, H5Object], place: Path, reading: Reading) -> ShownMovies:
    """Return the movies in a file that say themselves when they were shown; raises ReverieError of any that do not."""
    showings, clips = [], {}
    for path, series in inside.items():
        if kind_of(series) == "IndexSeries":
            name, shown, opener = indexed(series, place, reading)
        elif path.startswith(TEMPLATES):
            raise ReverieError(
                f"{place}:{path} is a template, which does not say when it was shown; give --frames-table with a csv "
                f"file of the columns time, clip, frame or onset, clip, in which the clip is {path.rsplit('/', 1)[-1]}."
            )
        else:
            name, opener = path.rsplit("/", 1)[-1], partial(image_footage, series, place, reading)
            shown = shown_itself(series, name, place, reading)
        showings += shown
        clips[name] = opener
    return ShownMovies(showings, clips)


def _clip(series: H5Object, place: Path, reading: Reading) -> OpenClip:
    """Return a movie in a file, for a table that says when it was shown."""
    footage = image_footage(series, place, reading)
    try:
        rate = usual_rate(image_times(series, place, reading))
    except ReverieError:
        rate = 0.0
    return OpenClip(footage, stored_frames(footage, footage.axes), rate or reading.frame_rate or UNTIMED, rate > 0)


def _responses(file: H5Object, item: H5Object, path: str) -> tuple[Sequence[Signal], str]:
    """Return units, one series, or all series of a container: planes with times of their own."""
    if kind_of(item) == "Units":
        trains = spike_times(item)
        return [SpikeTrains(path, trains)], f"spikes of {len(trains)} units in {path}"
    meaning: Meaning = "amount" if any(word in path.casefold() for word in AMOUNTS) else "level"
    inside = [series for kind in RESPONSES for series in within(file, path, kind)]
    planes = read_members(placed(inside or [item]), partial(sampled, meaning=meaning))
    kind = "amounts (events)" if meaning == "amount" else "levels (traces)"
    return planes, f"{path} as {kind} of {sum(plane.rows for plane in planes)} neurons"


def _object(file: H5Object, place: Path, path: str) -> H5Object:
    item = file.get(path)
    if not isinstance(item, h5py.Group):
        raise ReverieError(f"{place} holds nothing at {path}; `reverie inspect` lists what there is.")
    return item


def listed(file: H5Object) -> list[str]:
    """Return what may be movie, responses and behaviour, a line each: path, type, shape, rate, option."""
    found: dict[str, list[str]] = {"--movie": [], "--responses": [], "--running, --pupil or --gaze": []}

    def visit(name: str, item: H5Object) -> None:
        kind = kind_of(item)
        if kind in MOVIES:
            found["--movie"].append(_line(name, item, kind))
        elif kind in RESPONSES:
            found["--responses"].append(_line(name, item, kind))
        elif kind in BEHAVIOUR:
            found["--running, --pupil or --gaze"].append(_line(name, item, kind))

    file.visititems(visit)
    lines = []
    for option, candidates in found.items():
        lines.append(f"{option}: {'one of' if candidates else 'nothing in the file'}")
        lines += [f"  {line}" for line in candidates]
    lines.append("--frames-table: a csv file that says what was shown when, where no movie in the file does")
    return lines


def _line(name: str, item: H5Object, kind: str) -> str:
    data = item.get("data")
    shape = "" if data is None or len(item.get("external_file", ())) else f", shape {tuple(data.shape)}"
    if kind == "Units":
        return f"/{name}  {kind}, {len(item['id'])} units"
    try:
        count = len(item.get("timestamps", ())) or 2 if data is None or not len(data) else len(data)
        rate = f", {usual_rate(times_of(item, count)):.4g} Hz"
    except (ReverieError, TypeError):
        rate = ", no times of its own"
    when = ", a template: --frames-table says when it was shown" if f"/{name}".startswith(TEMPLATES) else ""
    return f"/{name}  {kind}{shape}{rate}{when}"
