"""Reconstructed movies of one animal as an NWB file, by pynwb: in ``/processing/reverie``, never in ``/stimulus``."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np

from reverie.fitted.reconstruction import Reconstruction
from reverie.foundation.errors import ReverieError
from reverie.foundation.files import replacing

UNKNOWN_START = "The start of the session was not given; the time of writing stands for it."


def write_nwb(
    path: Path, movies: Sequence[Reconstruction], record: Mapping[str, Any], session_start: str | None = None
) -> Path:
    """Write the movies of one animal, each with its standard deviation, predicted rates and mask; return the path.

    Each movie begins when its trial did, on the recording's clock; movies whose recording keeps none follow one
    another.
    record: how the run was made, kept as text. session_start: when the recording began, in ISO 8601.
    Raises ReverieError when pynwb is not installed, the start is no time, or the file cannot be written.
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
        # Sex unknown, at least 0 days old: a run does not know, and the archive's checks ask for both.
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
    # The library takes a path and no stream; the file is written whole beside its place and then moved there.
    path.parent.mkdir(parents=True, exist_ok=True)
    building = path.with_name(f".partial.{path.name}")
    try:
        with NWBHDF5IO(building, "w") as stream:
            stream.write(file)
        with replacing(path) as whole:
            whole.write(building.read_bytes())
    except OSError as error:
        raise ReverieError(
            f"{path} could not be written ({error.strerror or error}); choose another folder."
        ) from error
    finally:
        building.unlink(missing_ok=True)
    return path


def _time(told: str | None) -> datetime:
    if told is None:
        return datetime.now(UTC)
    try:
        time = datetime.fromisoformat(told)
    except ValueError as error:
        raise ReverieError(f"{told!r} is no time; write it as 2026-03-01T10:00:00+00:00.") from error
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _starts(movies: Sequence[Reconstruction]) -> list[float]:
    """Return when each movie began; one after the other where no clock tells them apart."""
    told = [movie.start for movie in movies]
    if len(set(told)) == len(told):
        return told
    lengths = [len(movie.frames) / movie.frame_rate for movie in movies]
    return [float(sum(lengths[:number])) for number in range(len(lengths))]


def _series(found: Reconstruction, start: float) -> list[Any]:
    """Return the parts of one reconstruction as objects of pynwb."""
    from pynwb import TimeSeries
    from pynwb.base import Images
    from pynwb.image import GrayscaleImage, ImageSeries

    name, clock = f"trial_{found.trial}", {"starting_time": start, "rate": float(found.frame_rate)}
    about = f"{found.name} by the method {found.method}. " + " ".join(found.notes)
    parts: list[Any] = [
        ImageSeries(
            name=f"{name}_movie",
            data=found.frames,
            unit="grey level 0-255",
            format="raw",
            description=f"Reconstructed movie (time, height, width) of {about}",
            **clock,
        )
    ]
    if found.std is not None:
        parts.append(
            ImageSeries(
                name=f"{name}_standard_deviation",
                data=found.std,
                unit="grey level",
                format="raw",
                description=f"Posterior standard deviation of {name}_movie.",
                **clock,
            )
        )
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
