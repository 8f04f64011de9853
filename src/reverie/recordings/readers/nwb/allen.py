"""Allen Brain Observatory, Visual Coding, two-photon (DANDI:000728): templates, and index series that show them."""

from functools import partial
from pathlib import Path
from posixpath import basename

from reverie.foundation.arrays import GAZE_X, PUPIL, RUNNING
from reverie.foundation.errors import ReverieError
from reverie.recordings.readers.frame_tables import moves
from reverie.recordings.readers.nwb.file import H5Object, behaviour_in, by_place, objects_of_kind, sampled_series
from reverie.recordings.readers.nwb.movies import Indexed, index_series, spontaneous
from reverie.recordings.reading import Reading
from reverie.recordings.recorded import Recorded
from reverie.recordings.source import read_members

WRITTEN_BY = "Allen Visual Coding two-photon"

TRACES = "processing/ophys/DfOverF/DfOverF"
EVENTS = "processing/ophys/DfOverF/DfOverFEvents"
BEHAVIOUR = (
    ("processing/behavior/BehavioralTimeSeries/running_speed", RUNNING),
    ("processing/behavior/PupilTracking/pupil_size", PUPIL),
    ("processing/behavior/EyeTracking/pupil_location", GAZE_X),
)


def fits(file: H5Object) -> bool:
    """Return whether a file has this layout."""
    return TRACES in file and any(objects_of_kind(file, "stimulus/presentation", "IndexSeries"))


def recorded(file: H5Object, place: Path, reading: Reading) -> Recorded:
    """Return the file's contents: movies shown by index, events or dF/F, running, pupil."""
    which = reading.responses or ("events" if EVENTS in file else "dff")
    paths = {"events": EVENTS, "dff": TRACES}
    if which not in paths or paths[which] not in file:
        there = ", ".join(name for name, path in paths.items() if path in file)
        raise ReverieError(f"{place} holds no responses {which!r}; choose --responses from: {there}.")
    responses = sampled_series(file[paths[which]], "amount" if which == "events" else "level")
    parts = read_members(
        by_place(objects_of_kind(file, "stimulus/presentation", "IndexSeries")),
        partial(index_series, place=place, reading=reading),
    )
    chosen, notes = _chosen(parts, place, reading)
    showings, clips = spontaneous(file), {}
    for name, shown, opener in chosen:
        showings += shown
        clips[name] = opener
    return Recorded(
        name=place.stem,
        place=place,
        responses=[responses],
        signals=behaviour_in(file, BEHAVIOUR),
        showings=sorted(showings, key=lambda showing: float(showing.onsets[0])),
        clips=clips,
        notes=(f"{place}: {WRITTEN_BY}, {which} of {responses.rows} neurons.", *notes),
    )


def _chosen(parts: list[Indexed], place: Path, reading: Reading) -> tuple[list[Indexed], tuple[str, ...]]:
    """Return the requested movies, by default all but series of images, and a sentence on that; their sizes differ."""
    there = ", ".join(dict.fromkeys(name for name, *_ in parts))
    if reading.movie:
        asked = [part for part in parts if part[0] in {basename(path) for path in reading.movie}]
        if not asked:
            raise ReverieError(f"{place} shows no {', '.join(reading.movie)}; choose --movie from: {there}.")
        return asked, ()
    moving = [part for part in parts if moves(part[1])]
    still = dict.fromkeys(part[0] for part in parts if part not in moving)
    if not moving or not still:
        return parts, ()
    note = f"{place}: {', '.join(still)} show images in turn, which are left out beside movies; --movie takes them."
    return moving, (note,)
