"""Recordings in NWB files: four known layouts, and any other by explicit choice."""

from dataclasses import replace
from pathlib import Path

import h5py

from reverie.foundation.errors import ReverieError
from reverie.foundation.folders import may_enter, visible_in
from reverie.recordings.clocked import ClockedSource
from reverie.recordings.readers.array_files import is_zarr
from reverie.recordings.readers.nwb import allen, any_layout, microns, neuropixels, suite2p
from reverie.recordings.readers.nwb.contents import listed
from reverie.recordings.readers.nwb.file import H5Object, lost_links, open_file
from reverie.recordings.readers.nwb.invalid import invalid_times
from reverie.recordings.reading import Reading
from reverie.recordings.recorded import Recorded

LAYOUTS = (allen, microns, neuropixels, suite2p)
"""The known layouts, each with ``WRITTEN_BY``, ``fits(file)`` and ``recorded(file, place, reading)``."""

SUBFOLDERS = ("sub-", "ses-")
"""First letters of the names of folders in which DANDI and BIDS keep the files of a subject, or of a session."""


def refusal(path: Path, reading: Reading) -> str | None:
    """Return why a path is no NWB file or folder of them, None where it is.

    Raises ReverieError when it is a Zarr store, which no reader can read.
    """
    if is_zarr(path):
        raise ReverieError(
            f"{path} is a Zarr store, where NWB is read from HDF5 files only; write it as one with hdmf-zarr "
            "(NWBHDF5IO.export of NWBZarrIO) and give that, or open its arrays in Python with Recording.from_arrays."
        )
    found = places(path, reading) if path.is_dir() or path.suffix.lower() == ".nwb" or _says_nwb(path) else []
    if not found:
        return "no file in it ends in .nwb" if path.is_dir() else "it neither ends in .nwb nor says that it is one"
    return None


def _says_nwb(path: Path) -> bool:
    """Return whether a file with another ending is an HDF5 file whose attributes say that it is NWB."""
    if path.suffix.lower() not in (".h5", ".hdf5") or not path.is_file():
        return False
    try:
        with h5py.File(path, "r") as file:
            return "nwb_version" in file.attrs
    except OSError:
        return False


def places(path: Path, reading: Reading) -> list[Path]:
    """Return every file, each of which is a recording; also those in an archive's folders of subjects and sessions."""
    if path.is_file():
        return [path]
    inside = visible_in(path)
    folders = [each for each in inside if each.is_dir() and each.name.startswith(SUBFOLDERS) and may_enter(each)]
    files = [each for each in inside if each.suffix.lower() == ".nwb" and not each.is_dir()]
    return [*files, *(inner for folder in folders for inner in places(folder, reading))]


def open_source(place: Path, reading: Reading) -> ClockedSource:
    """Open one file; raises ReverieError when its layout is unknown and nothing was chosen in it."""
    file = open_file(place)
    recorded = _recorded(file, place, reading)
    notes = (*recorded.notes, *lost_links(file))
    return ClockedSource(replace(recorded, notes=notes, invalid=invalid_times(file)), reading)


def _recorded(file: H5Object, place: Path, reading: Reading) -> Recorded:
    """Return the contents of a file: those chosen by path, where any are, else according to its layout."""
    named = reading.responses or ""
    if "/" in named:
        return any_layout.recorded(file, place, reading)
    for layout in LAYOUTS:
        if layout.fits(file):
            found: Recorded = layout.recorded(file, place, reading)
            return found
    if named and named in file:
        return any_layout.recorded(file, place, reading)
    *known, last = (layout.WRITTEN_BY for layout in LAYOUTS)
    raise ReverieError(
        f"{place} is not an NWB file of {', '.join(known)} or {last}; choose --responses and --movie among what "
        "`reverie inspect` lists."
    )


def candidates(place: Path) -> list[str]:
    """Return possible movies, responses and behaviour in a file, a line each."""
    try:
        with h5py.File(place, "r") as file:
            return listed(file)
    except OSError:
        return []
