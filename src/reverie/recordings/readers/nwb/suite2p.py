"""NWB files of suite2p: a series per plane, at a constant rate from 0; what was shown comes from a table."""

from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from reverie.foundation.errors import ReverieError, counted
from reverie.recordings.clocked import Recorded
from reverie.recordings.readers.beside import behaviour_beside, shown_beside
from reverie.recordings.readers.nwb.file import H5Object, placed, sampled, within
from reverie.recordings.reading import Reading
from reverie.recordings.signals import Meaning, Sampled
from reverie.recordings.source import read_members

DESCRIPTION: Final = "suite2p's NWB: /processing/ophys/Deconvolved/plane0"

KINDS: Final = ("Deconvolved", "Fluorescence")
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
    responses = read_members(placed(planes), lambda plane: _cells(file, sampled(plane, meaning), plane))
    beside = shown_beside(place, reading)
    count = sum(plane.rows for plane in responses)
    notes = (f"{place}: suite2p, {which} of {count} cells in {counted(len(planes), 'plane')}.", *beside.notes)
    signals = behaviour_beside(reading)
    return Recorded(place.stem, place, responses, signals, beside.showings, beside.clips, notes=notes)


def _planes(file: H5Object, kind: str) -> list[H5Object]:
    found = within(file, f"processing/ophys/{kind}", "RoiResponseSeries")
    return [series for series in found if series.name.rsplit("/", 1)[-1].startswith("plane")]


def _cells(file: H5Object, plane: Sampled, series: H5Object) -> Sampled:
    """Return a plane with only the regions that suite2p classified as cells."""
    regions = series.get("rois")
    own = [] if regions is None or not regions.attrs.get("table") else [file[regions.attrs["table"]]]
    segmentations = [*own, *within(file, "processing/ophys", "PlaneSegmentation")]
    iscell = next((np.asarray(group["iscell"]) for group in segmentations if "iscell" in group), None)
    if iscell is None:
        return plane
    cell = (iscell[:, 0] if iscell.ndim == 2 else iscell) == 1
    rows = np.arange(plane.rows) if regions is None else np.asarray(regions)
    if len(rows) != plane.rows or rows.max(initial=0) >= len(cell):
        raise ReverieError(f"{plane.place} has {plane.rows} regions, but its table judges {len(cell)}; save it again.")
    return replace(plane, columns=np.flatnonzero(cell[rows]))
