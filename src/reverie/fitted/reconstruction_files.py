"""The files of a reconstruction in its folder; what is damaged or incomplete is noticed when they are read."""

import zipfile
from collections.abc import Mapping
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from reverie.foundation.arrays import FRAME_RATE
from reverie.foundation.errors import ReverieError, reading_kept
from reverie.foundation.files import (
    damaged_sentence,
    read_npz,
    read_record,
    read_table,
    write_npz,
    write_record,
    write_text,
)
from reverie.foundation.fingerprints import arrays_digest, bytes_digest

DESCRIPTION = "reconstruction.json"
MOVIE = "movie.npz"
EVIDENCE = "evidence.npz"
TRACE = "trace.csv"
DIGESTS = "digests"
"""Key, in the description, of the hashes of the other files, by which damaged ones are noticed."""

IN_MOVIE = ("frames", "mask", "std", "half_widths", "information")
"""Arrays that are kept in ``movie.npz``; the others, from which the movie was made or with which it is compared, are in
another file."""

COLUMNS = ("step", "seconds", "passes", "loss", "model")
"""Columns of a trace."""


def write_files(
    folder: Path, description: Mapping[str, Any], arrays: Mapping[str, np.ndarray], trace: pd.DataFrame
) -> None:
    """Write movie.npz, evidence.npz, trace.csv and, last, reconstruction.json.

    Parameters
    ----------
    description
        The other fields, ready for JSON.

    Raises
    ------
    ReverieError
        When the folder cannot be written.
    """
    evidence = {name: array for name, array in arrays.items() if name not in IN_MOVIE}
    movie = {name: array for name, array in arrays.items() if name in IN_MOVIE}
    table = trace.to_csv(index=False)
    write_npz(folder / EVIDENCE, evidence, sealed=False)
    write_text(folder / TRACE, table)
    write_npz(folder / MOVIE, movie, sealed=False)
    digests = {EVIDENCE: arrays_digest(evidence), MOVIE: arrays_digest(movie), TRACE: bytes_digest(table.encode())}
    # Written last: its presence means that all files are there.
    write_record(folder / DESCRIPTION, {**description, DIGESTS: digests})


def read_files(folder: Path) -> dict[str, Any]:
    """Return all fields by name; raises ReverieError when a file is missing, damaged or of other types."""
    description = read_record(folder / DESCRIPTION)
    with reading_kept(folder / DESCRIPTION, "reconstruct the trial again"):
        digests = dict(description.pop(DIGESTS, {}))
        _require_types(description)
    evidence, movie = read_npz(folder / EVIDENCE), read_npz(folder / MOVIE)
    trace = read_table(folder / TRACE, COLUMNS, digests.get(TRACE))
    for name, read in ((EVIDENCE, evidence), (MOVIE, movie)):
        if name in digests and digests[name] != arrays_digest(read):
            raise ReverieError(damaged_sentence(folder / name))
    return {**description, "notes": tuple(description["notes"]), **evidence, **movie, "trace": trace}


def _require_types(description: Mapping[str, Any]) -> None:
    """Raise ValueError where the description of a reconstruction does not have the types of its fields."""
    rate, degrees = description.get("frame_rate", FRAME_RATE), description.get("degrees_per_pixel")
    words = [description[name] for name in ("animal", "trial", "method")]
    numbers = [rate, description.get("start", 0.0)] + ([] if degrees is None else [degrees])
    if not all(isinstance(word, str) for word in [*words, *description["notes"]]):
        raise ValueError("animal, trial, method and notes are words")
    if not (all(isinstance(number, int | float) and isfinite(number) for number in numbers) and rate > 0):
        raise ValueError("frame rate, start and degrees are numbers, and the first is above 0")


def truth_is_kept(folder: Path) -> bool:
    """Return whether a folder holds the true movie, without reading it.

    Raises ReverieError when its file cannot be read.
    """
    try:
        with zipfile.ZipFile(folder / EVIDENCE) as evidence:
            return "truth.npy" in evidence.namelist()
    except (OSError, zipfile.BadZipFile):
        return "truth" in read_npz(folder / EVIDENCE)  # raises with what is wrong with the file
