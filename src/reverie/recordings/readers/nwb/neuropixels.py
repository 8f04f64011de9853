"""Allen Neuropixels (DANDI:000021, 000022): sorted units, tables with a row per frame, movies in separate files."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from posixpath import basename

import numpy as np
import pandas as pd

from reverie.foundation.arrays import GAZE_X, PUPIL, RUNNING
from reverie.foundation.errors import ReverieError
from reverie.foundation.progress import say
from reverie.recordings.readers.clips import named_files, open_clip
from reverie.recordings.readers.nwb.file import H5Object, behaviour_in, by_place, place_of, table
from reverie.recordings.readers.nwb.movies import showings_by_number, spontaneous
from reverie.recordings.readers.nwb.units import spike_times, spike_trains
from reverie.recordings.reading import Reading
from reverie.recordings.recorded import Recorded, Showing
from reverie.recordings.signals import SpikeTrains
from reverie.recordings.source import Footage, read_members

WRITTEN_BY = "Allen Neuropixels"

VISUAL = "VIS"
"""Prefix of the names of visual areas of cortex."""

EYES = ("filtered_gaze_mapping", "raw_gaze_mapping", "eye_tracking")
BEHAVIOUR = (
    ("processing/running/running_speed", RUNNING),
    *((f"processing/{eyes}/pupil_area", PUPIL) for eyes in EYES),
    *((f"processing/{eyes}/screen_coordinates", GAZE_X) for eyes in EYES),
)

GOOD = "good"
ENDING = "_presentations"

REPEATS = "_more_repeats"
"""End of the name of a table of further showings of a movie."""


def fits(file: H5Object) -> bool:
    """Return whether a file has this layout."""
    return "units/spike_times" in file and bool(_movie_tables(file))


def recorded(file: H5Object, place: Path, reading: Reading) -> Recorded:
    """Return the file's contents, with the movies given separately."""
    trains, note = _units(file, place)
    files = named_files(reading.movie)
    showings: list[Showing] = spontaneous(file)
    tables = {clip: file[f"intervals/{name}"] for clip, name in _movie_tables(file).items()}
    paths = {clip: path for clip in tables if (path := _path(clip, files)) is not None}
    lacking = [clip for clip in tables if clip not in paths]
    notes = [note]
    if lacking:
        said = (
            f"{place} says when {', '.join(lacking)} were shown but does not hold them; give --movie {lacking[0]}=FILE"
        )
        if len(lacking) == len(tables):
            raise ReverieError(f"{said}.")
        notes.append(f"{said} to use these trials as well.")
    clips = {}
    for clip, shown in read_members(by_place(tables[clip] for clip in paths), _showings):
        most = max(int(each.frames.max()) + 1 for each in shown if each.frames is not None)
        clips[clip] = partial(_footage, paths[clip], reading, most)
        showings += shown
    return Recorded(
        name=place.stem,
        place=place,
        responses=[trains],
        signals=behaviour_in(file, BEHAVIOUR),
        showings=sorted(showings, key=lambda showing: float(showing.onsets[0])),
        clips=clips,
        notes=tuple(notes),
    )


def _movie_tables(file: H5Object) -> dict[str, str]:
    """Return the tables that have a row per frame, by the name of the movie."""
    group = file.get("intervals")
    names = [] if group is None else [name for name in group if name.endswith(ENDING) and "frame" in group[name]]
    return {name.removesuffix(ENDING): name for name in sorted(names) if "movie" in name}


def _path(clip: str, files: Mapping[str, Path]) -> Path | None:
    """Return the file of a movie; a table of further repeats uses that of the first, a shuffled movie is another."""
    return files.get(clip) or files.get(clip.removesuffix(REPEATS))


def _showings(group: H5Object) -> tuple[str, list[Showing]]:
    """Return the name of the movie of a table, and its showings."""
    clip = basename(group.name).removesuffix(ENDING)
    rows = table(group, "start_time", "frame")
    found = showings_by_number(rows["start_time"].to_numpy(), rows["frame"].to_numpy(), clip, place_of(group))
    if not found:
        raise ReverieError(f"{place_of(group)} shows no frame of a movie.")
    return clip, found


def _footage(path: Path, reading: Reading, frames: int) -> Footage:
    return open_clip(path, reading, frames, numbered=True).shown(frames)


def _units(file: H5Object, place: Path) -> tuple[SpikeTrains, str]:
    """Return the spikes of good units in visual cortex, or of all units where the file does not label them."""
    units = file["units"]
    trains = spike_times(units)
    facts = table(units)
    kept = np.ones(len(trains), dtype=bool)
    how = []
    if "quality" in facts and (facts["quality"] == GOOD).any():
        kept &= (facts["quality"] == GOOD).to_numpy()
        how.append("good")
    areas = _areas(file, facts)
    if areas is not None and areas.str.startswith(VISUAL).any():
        kept &= areas.str.startswith(VISUAL).to_numpy()
        how.append("in visual cortex")
    told = f"{place}: {kept.sum()} of {len(trains)} units{', those ' + ' and '.join(how) if how else ''}."
    return spike_trains(units, f"The units of {place}", trains, kept), told


def _areas(file: H5Object, facts: pd.DataFrame) -> pd.Series | None:
    """Return the area of each unit, which is that of the electrode where its spikes are largest."""
    group = file.get("general/extracellular_ephys/electrodes")
    if group is None or "peak_channel_id" not in facts:
        return None
    electrodes = table(group)
    if "location" not in electrodes:
        return None
    numbers = np.asarray(group["id"]).ravel().tolist()
    located = dict(zip(numbers, electrodes["location"], strict=True))
    if electrodes["location"].tolist() != [located[number] for number in numbers]:
        say(f"{place_of(group)} uses the same channel numbers for each probe, so the areas of units are unknown.")
        return None
    return facts["peak_channel_id"].map(located).fillna("").astype(str)
