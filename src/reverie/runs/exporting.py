"""Finished movies of a run in formats of other programs."""

from collections.abc import Callable, Mapping
from itertools import groupby
from pathlib import Path
from typing import Final

from reverie.fitted.reconstruction import Reconstruction
from reverie.foundation.errors import ReverieError
from reverie.foundation.files import read_record, write_npz, write_record
from reverie.foundation.places import require_own
from reverie.foundation.progress import say
from reverie.reporting.video_files import write_mp4, write_tif
from reverie.runs.export_formats import ExportFormat
from reverie.runs.run_folder import RunFolder

MARK: Final = "export.json"
"""Says of which run a folder holds the movies."""


def export_run(
    folder: Path, to: ExportFormat, out: Path | None = None, *, session_start: str | None = None
) -> list[Path]:
    """Write every finished movie of a run, and what is known of it, into ``out``; return the files.

    One file a movie, or for NWB one an animal. By default they go to ``folder/export``. Files that are there already
    are replaced.
    session_start: when the recording began, as 2026-03-01T10:00:00+00:00; NWB files must say.
    Raises ReverieError when the folder is not a run, nothing is finished, ``out`` holds anything else than an export of
    this run, or a library that is needed is not installed.
    """
    run = RunFolder(folder)
    made = run.read_record()
    trials = run.finished_trials()
    place = folder / "export" if out is None else out
    if out is not None:
        require_own(out, "export", MARK)
    _claim(place, run.identity)
    if to == "nwb":
        from reverie.runs.nwb_export import write_nwb

        record = {"run": str(folder), **made}
        written = [
            write_nwb(place / f"{animal}.nwb", [Reconstruction.load(one.folder) for one in own], record, session_start)
            for animal, own in groupby(trials, key=lambda one: one.animal)
        ]
    else:
        written = [WRITERS[to](place, each) for each in run.finished()]
    say(f"{place} holds {len(written)} {to} {'file' if len(written) == 1 else 'files'}.")
    return written


def _claim(place: Path, run: str) -> None:
    """Mark a folder as the export of a run; raises ReverieError when it is that of another one."""
    mark = place / MARK
    if mark.exists() and read_record(mark).get("run") != run:
        raise ReverieError(f"{place} holds the export of another run; choose another --out.")
    write_record(mark, {"run": run})


def _write_npz(place: Path, found: Reconstruction) -> Path:
    path = _path(place, found, "npz")
    named = {"movie": found.frames, "mask": found.mask, "std": found.std, "information": found.information}
    named |= {"truth": found.truth, "responses": found.responses, "rates": found.rates}
    write_npz(path, {name: array for name, array in named.items() if array is not None})
    return path


def _write_mp4(place: Path, found: Reconstruction) -> Path:
    path = _path(place, found, "mp4")
    write_mp4(path, found.frames, frame_rate=found.frame_rate)
    return path


def _write_tif(place: Path, found: Reconstruction) -> Path:
    path = _path(place, found, "tif")
    write_tif(path, found.frames, found.frame_rate)
    return path


def _write_zarr(place: Path, found: Reconstruction) -> Path:
    path = _path(place, found, "zarr")
    try:
        import zarr  # noqa: F401 - xarray writes through it
    except ImportError as error:
        raise ReverieError("Writing zarr needs two libraries: `pip install xarray zarr`.") from error
    found.to_xarray().to_zarr(path, mode="w", consolidated=False)
    return path


WRITERS: Final[Mapping[str, Callable[[Path, Reconstruction], Path]]] = {
    "mp4": _write_mp4,
    "tif": _write_tif,
    "npz": _write_npz,
    "zarr": _write_zarr,
}
"""What writes one movie in each format."""


def _path(place: Path, found: Reconstruction, suffix: str) -> Path:
    return place / f"{found.animal}_{found.trial}.{suffix}"
