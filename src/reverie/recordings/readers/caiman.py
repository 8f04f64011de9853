"""Traces that CaImAn extracted (its hdf5 file), with a table of what was shown."""

from pathlib import Path
from typing import Any

import h5py
import numpy as np

from reverie.foundation.errors import ReverieError, require_unlocked
from reverie.recordings.clocked import ClockedSource
from reverie.recordings.clocks import sampled_times
from reverie.recordings.readers.array_files import require_stored
from reverie.recordings.readers.shown_movies import agreed_rate, recorded_with_files, table_too
from reverie.recordings.reading import Reading
from reverie.recordings.signals import REAL, Meaning, Sampled

TRACES: dict[str, Meaning] = {"S": "amount", "C": "level", "F_dff": "level"}
"""Choices of ``--responses``: deconvolved activity, denoised calcium, or dF/F."""


def refusal(path: Path, reading: Reading) -> str | None:
    """Return why a path is not the output of CaImAn, None where it is."""
    if path.suffix.lower() not in (".hdf5", ".h5") or not path.is_file():
        return "it is not a file that ends in .hdf5"
    try:
        with h5py.File(path, "r") as file:
            return None if "estimates/C" in file else "it holds no estimates/C"
    except OSError as error:
        require_unlocked(path, error)
        return f"it could not be read as an HDF5 file ({error})"


def open_source(place: Path, reading: Reading) -> ClockedSource:
    """Open the traces; raises ReverieError when the chosen ones do not exist, or the rate is not known."""
    which = reading.responses or "S"
    file = h5py.File(place, "r")
    estimates = file["estimates"]
    there = [name for name in TRACES if isinstance(estimates.get(name), h5py.Dataset) and estimates[name].ndim == 2]
    if which not in there:
        choice = f"choose --responses from: {', '.join(there)}" if there else "nor any other; run CaImAn again"
        raise ReverieError(f"{place} has no traces {which!r} of components over time; {choice}.")
    values = require_stored(estimates[which], f"{place}:estimates/{which}")
    rate = agreed_rate(reading, _number(file, "params/data/fr"), place)
    if rate is None:
        raise ReverieError(f"{place} does not say how often it was scanned; give --rate (in Hz){table_too(reading)}.")
    columns = _accepted(estimates, values.shape[0], place)
    responses = Sampled(
        f"{place}:estimates/{which}",
        sampled_times(values.shape[1], rate),
        values,
        TRACES[which],
        rows_first=True,
        columns=columns,
    )
    note = f"{place}: {which} of {responses.rows} components at {rate:g} Hz."
    return ClockedSource(recorded_with_files(place.stem, place, [responses], note, reading), reading)


def _accepted(estimates: Any, count: int, place: Path) -> np.ndarray | None:  # noqa: ANN401 - h5py ships no types
    """Return which of some components were accepted, None where none was evaluated; raises ReverieError for others.

    CaImAn writes their numbers, which numpy makes floating-point ones where there are none, and the word NoneType where
    no component was evaluated; others write a truth value for each.
    """
    stored = estimates.get("idx_components")
    if not isinstance(stored, h5py.Dataset) or stored.ndim != 1 or stored.dtype.kind not in REAL:
        return None
    if stored.dtype.kind == "b" and len(stored) == count:
        return np.flatnonzero(stored)
    numbers = np.asarray(stored, dtype=np.float64)
    if not (np.isin(numbers, np.arange(count)).all() and len(np.unique(numbers)) == len(numbers)):
        raise ReverieError(
            f"{place}:estimates/idx_components should list each accepted one of {count} components once; evaluate them "
            "again, or remove it."
        )
    return numbers.astype(int)


def _number(file: Any, path: str) -> float | None:  # noqa: ANN401 - h5py ships no types
    item = file.get(path)
    value = np.ravel(item[()])[0] if isinstance(item, h5py.Dataset) and item.size == 1 else None
    return float(value) if isinstance(value, (int, float, np.number)) and value > 0 else None
