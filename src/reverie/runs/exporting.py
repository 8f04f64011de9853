"""Finished movies of a run in formats of other programs; NWB in ``/processing/reverie``, never in ``/stimulus``."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np

from reverie.fitted.reconstruction import Reconstruction
from reverie.foundation.errors import ReverieError, counted
from reverie.foundation.files import read_record, write_bytes, write_npz, write_record
from reverie.foundation.folders import require_own
from reverie.foundation.progress import say
from reverie.reporting.video_files import write_mp4, write_tif
from reverie.runs.options import ExportFormat
from reverie.runs.run_folder import RunFolder

MARK = "export.json"
"""File that names the run whose movies a folder holds."""

UNKNOWN_START = "The start of the session was not given; the time of writing stands for it."


def export_run(
    folder: Path, to: ExportFormat, out: Path | None = None, *, session_start: str | None = None
) -> list[Path]:
    """Write every finished movie of a run, with its uncertainty and context, into ``out``; return the files.

    There is one file per movie, or for NWB one per animal, by default in ``folder/export``. Existing files are
    replaced.

    Parameters
    ----------
    session_start
        When the recording began, as 2026-03-01T10:00:00+00:00; required for NWB files.

    Raises
    ------
    ReverieError
        When the folder is not a run, nothing is finished, ``out`` holds anything other than an export of this run, or a
        required library is not installed.
    """
    run = RunFolder(folder)
    made = run.read_record()
    place = folder / "export" if out is None else out
    if out is not None:
        require_own(out, "export", MARK)
    _claim(place, run.identity)
    if to == "nwb":
        record = {"run": str(folder), **made}
        written = [
            write_nwb(place / f"{animal}.nwb", [movie for _, movie in own], record, session_start)
            for animal, own in groupby(run.read_trials("exporting"), key=lambda pair: pair[0].animal)
        ]
    else:
        written = []
        for _, movie in run.read_trials("exporting"):
            written.append(place / f"{movie.animal}_{movie.trial}.{to}")
            WRITERS[to](written[-1], movie)
    say(f"{place} holds {counted(len(written), f'{to} file')}.")
    return written


def _claim(place: Path, run: str) -> None:
    """Mark a folder as the export of a run; raises ReverieError when it is that of another run."""
    mark = place / MARK
    if mark.exists() and read_record(mark).get("run") != run:
        raise ReverieError(f"{place} holds the export of another run; choose another --out.")
    write_record(mark, {"run": run})


def _write_npz(path: Path, found: Reconstruction) -> None:
    named = {"movie": found.frames, "mask": found.mask, "std": found.std, "information": found.information}
    named |= {"truth": found.truth, "responses": found.responses, "rates": found.rates}
    write_npz(path, {name: array for name, array in named.items() if array is not None})


def _write_zarr(path: Path, found: Reconstruction) -> None:
    try:
        import zarr  # noqa: F401 - xarray writes through it
    except ImportError as error:
        raise ReverieError("Writing zarr needs a library: `pip install zarr`.") from error
    found.to_xarray().to_zarr(path, mode="w", consolidated=False)


WRITERS: Mapping[str, Callable[[Path, Reconstruction], None]] = {
    "mp4": lambda path, found: write_mp4(path, found.frames, frame_rate=found.frame_rate),
    "tif": lambda path, found: write_tif(path, found.frames, found.frame_rate),
    "npz": _write_npz,
    "zarr": _write_zarr,
}
"""The function that writes one movie, for each format."""


def write_nwb(
    path: Path, movies: Sequence[Reconstruction], record: Mapping[str, Any], session_start: str | None = None
) -> Path:
    """Write the movies of one animal, each with its standard deviation, predicted rates and mask; return the path.

    Each movie begins when its trial did, on the recording's clock; without a clock, movies follow one another.

    Parameters
    ----------
    record
        Settings of the run, kept as text.
    session_start
        When the recording began, in ISO 8601.

    Raises
    ------
    ReverieError
        When pynwb is not installed, the start is not a time, or the file cannot be written.
    """
    try:
        from pynwb import NWBHDF5IO, NWBFile
        from pynwb.file import Subject
    except ImportError as error:
        raise ReverieError("Writing NWB needs pynwb; install it with `pip install pynwb`.") from error
    file = NWBFile(
        session_description=f"Movies reconstructed from the visual cortex of {movies[0].animal}."
        + ("" if session_start else f" {UNKNOWN_START}"),
        identifier=str(uuid4()),
        session_start_time=_time(session_start),
        notes=json.dumps(record, default=str),
        keywords=["reconstruction"],
        # Sex unknown, at least 0 days old: the archive's checks require both, and a run holds neither.
        subject=Subject(
            subject_id=movies[0].animal, sex="U", age="P0D/", description="For age, sex and species see the recording."
        ),
    )
    module = file.create_processing_module(
        name="reverie", description="Movies reconstructed from neural responses; what the animal was shown is not here."
    )
    for movie, start in zip(movies, _starts(movies), strict=True):
        for series in _series(movie, start):
            module.add(series)
    # The library writes to a path, not a stream; the file is written beside its place and then moved there.
    path.parent.mkdir(parents=True, exist_ok=True)
    building = path.with_name(f".partial.{path.name}")
    try:
        with NWBHDF5IO(building, "w") as stream:
            stream.write(file)
        write_bytes(path, building.read_bytes())
    except OSError as error:
        raise ReverieError(
            f"{path} could not be written ({error.strerror or error}); choose another folder."
        ) from error
    finally:
        building.unlink(missing_ok=True)
    return path


def _time(text: str | None) -> datetime:
    if text is None:
        return datetime.now(UTC)
    try:
        time = datetime.fromisoformat(text)
    except ValueError as error:
        raise ReverieError(f"{text!r} is not a time; write it as 2026-03-01T10:00:00+00:00.") from error
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _starts(movies: Sequence[Reconstruction]) -> list[float]:
    """Return the start of each movie in seconds; one after the other where there is no clock."""
    starts = [movie.start for movie in movies]
    if len(set(starts)) == len(starts):
        return starts
    lengths = [len(movie.frames) / movie.frame_rate for movie in movies]
    return [float(sum(lengths[:number])) for number in range(len(lengths))]


def _series(found: Reconstruction, start: float) -> list[Any]:
    """Return the parts of one reconstruction as objects of pynwb."""
    from pynwb import TimeSeries
    from pynwb.base import Images
    from pynwb.image import GrayscaleImage, ImageSeries

    name, clock = f"trial_{found.trial}", {"starting_time": start, "rate": float(found.frame_rate)}
    about = f"{found.name} by the method {found.method}. " + " ".join(found.notes)
    movies = [("movie", found.frames, "grey level 0-255", f"Reconstructed movie (time, height, width) of {about}")]
    if found.std is not None:
        said = f"Standard deviation of {name}_movie, whose description says what it is."
        movies.append(("standard_deviation", found.std, "grey level", said))
    parts: list[Any] = [
        ImageSeries(name=f"{name}_{what}", data=data, unit=unit, format="raw", description=described, **clock)
        for what, data, unit, described in movies
    ]
    if found.rates is not None:
        parts.append(
            TimeSeries(
                name=f"{name}_predicted_rates",
                data=np.ascontiguousarray(found.rates.T),
                unit="unit of the recorded responses",
                description="Rates predicted from the movie, (time, neuron), neurons in the order of the recording.",
                **clock,
            )
        )
    mask = GrayscaleImage(name="mask", data=found.mask, description="Transparency; 1 and above is scored.")
    parts.append(Images(name=f"{name}_mask", images=[mask], description="Where the population can see."))
    return parts
