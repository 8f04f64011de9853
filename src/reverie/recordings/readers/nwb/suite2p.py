"""NWB files of suite2p: a series per plane, at a constant rate from 0; what was shown comes from a table."""

from pathlib import Path
from posixpath import basename

from reverie.foundation.errors import ReverieError, counted
from reverie.recordings.readers.nwb.file import H5Object, by_place, objects_of_kind, sampled_series
from reverie.recordings.readers.nwb.regions import only_cells
from reverie.recordings.readers.shown_movies import recorded_with_files
from reverie.recordings.reading import Reading
from reverie.recordings.recorded import Recorded
from reverie.recordings.signals import Meaning
from reverie.recordings.source import read_members

WRITTEN_BY = "suite2p"

KINDS = ("Deconvolved", "Fluorescence")
"""Choices of ``--responses``."""


def fits(file: H5Object) -> bool:
    """Return whether a file has this layout."""
    return any(_planes(file, kind) for kind in KINDS)


def recorded(file: H5Object, place: Path, reading: Reading) -> Recorded:
    """Return the cells of every plane, and what was shown according to a table."""
    which = reading.responses or next(kind for kind in KINDS if _planes(file, kind))
    planes = _planes(file, which)
    if not planes:
        raise ReverieError(f"{place} holds no /processing/ophys/{which}; choose --responses from: {', '.join(KINDS)}.")
    meaning: Meaning = "amount" if which == "Deconvolved" else "level"
    tables = [*objects_of_kind(file, "processing/ophys", "PlaneSegmentation")]
    responses = read_members(by_place(planes), lambda plane: only_cells(sampled_series(plane, meaning), plane, tables))
    count = sum(plane.rows for plane in responses)
    note = f"{place}: suite2p, {which} of {count} cells in {counted(len(planes), 'plane')}."
    return recorded_with_files(place.stem, place, responses, note, reading)


def _planes(file: H5Object, kind: str) -> list[H5Object]:
    found = objects_of_kind(file, f"processing/ophys/{kind}", "RoiResponseSeries")
    return [series for series in found if basename(series.name).startswith("plane")]
