"""Writing recordings in another layout."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from reverie.foundation.arrays import FRAME_RATE
from reverie.foundation.errors import ReverieError
from reverie.foundation.folders import require_folder
from reverie.foundation.progress import say, tracked
from reverie.recordings.contents import readable
from reverie.recordings.opening import open_animals
from reverie.recordings.readers.experanto_writer import write_session
from reverie.recordings.readers.sensorium_layout import write_recording
from reverie.recordings.reading import Layout, Reading
from reverie.recordings.recording import Recording
from reverie.recordings.trial import Trial

RATE_TOLERANCE = 0.5
"""Largest difference in frames per second from the 30 of the Sensorium layout, which stores no rate."""


def convert(
    data: Path | str, out: Path | str, to: Layout, *, animals: Sequence[str] = (), reading: Reading | None = None
) -> list[Path]:
    """Write every animal of a path into a folder of its own below ``out``, as it is read here; return these folders.

    What is written is what the program works with: usable neurons, trials and signals, on the movie's clock, and movies
    in grey levels. Responses are written in the source's units. Raises ReverieError when a recording cannot be read,
    does not fit the layout, or a folder exists already.
    """
    require_folder(Path(out))
    recordings = open_animals(data, animals, reading)
    for recording in recordings.values():
        _check(recording, to)
    folders, place = [], Path(out)
    for name, recording in recordings.items():
        WRITERS[to](place / name, recording)
        say(f"{place / name} holds {len(recording.tiers)} trials of {recording.neurons} neurons.")
        folders.append(place / name)
    return folders


def _trials(recording: Recording) -> Iterator[Trial]:
    names = list(recording.tiers)
    for name in tracked(names, len(names), f"Writing {recording.name}"):
        if not readable(recording, [name]):
            continue
        trial = recording.trial(name)
        if recording.floor is not None and trial.responses is not None:
            # Traces stay recognisable as traces: by values below 0.
            trial = replace(trial, responses=trial.responses + recording.floor[:, None].astype(np.float32))
        yield trial


def _check(recording: Recording, to: Layout) -> None:
    if to == "sensorium" and abs(recording.frame_rate - FRAME_RATE) > RATE_TOLERANCE:
        raise ReverieError(
            f"{recording.name} has {recording.frame_rate:.4g} frames a second, but the Sensorium layout keeps no rate "
            f"and is read at {FRAME_RATE:g}; give --frame-rate {FRAME_RATE:g}, or write it --to experanto."
        )


def _write_sensorium(folder: Path, recording: Recording) -> None:
    angle = recording.degrees_per_pixel
    write_recording(folder, _trials(recording), degrees_per_pixel=np.nan if angle is None else angle)


def _write_experanto(folder: Path, recording: Recording) -> None:
    write_session(folder, _trials(recording))


WRITERS: Mapping[str, Callable[[Path, Recording], None]] = {
    "sensorium": _write_sensorium,
    "experanto": _write_experanto,
}
"""The function that writes each layout."""
