"""Writing a recording the way the Sensorium 2023 release lays it on disk."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import DTypeLike

from reverie.foundation.errors import ReverieError
from reverie.foundation.files import write_npy
from reverie.foundation.whole_folders import building
from reverie.recordings.readers import sensorium_layout as layout
from reverie.recordings.row_statistics import RowStatistics
from reverie.recordings.tiers import UNUSED
from reverie.recordings.trial import Trial


def write_recording(
    folder: Path,
    trials: Iterable[Trial],
    *,
    unit_ids: Int[np.ndarray, " neuron"] | None = None,
    coordinates: Float[np.ndarray, "neuron 3"] | None = None,
    padded_frames: int | None = 324,
    dtype: DTypeLike = np.float32,
) -> None:
    """Write the trials of one animal into ``folder``, one at a time as they come.

    Reading it back gives the same trials. A trial's name is its number; numbers left out get the tier "none".
    Arrays shorter than ``padded_frames`` are padded with NaN up to it; None pads nothing. Trials without responses
    get no response file. Statistics are one number a neuron or
    row, and one for all movies; the medians come from evenly placed frames (2048 at most) or pixels (a million at
    most). The folder appears only once it is whole.
    Raises ReverieError when it exists and is not empty, when a trial's name is not a number of its own, or when
    ``dtype`` cannot hold NaN.
    """
    if np.dtype(dtype).kind != "f":
        raise ReverieError(f"A recording cannot be written as {np.dtype(dtype)}, which holds no NaN; choose a float.")
    with building(folder) as hidden:
        _write_parts(hidden, trials, padded_frames, np.dtype(dtype))
        if unit_ids is not None:
            write_npy(hidden / layout.UNIT_IDS, unit_ids)
        if coordinates is not None:
            write_npy(hidden / layout.COORDINATES, coordinates)


def _write_parts(folder: Path, trials: Iterable[Trial], padded_frames: int | None, dtype: np.dtype) -> None:
    """Write the trials, their tiers and the statistics."""
    tiers: dict[int, str] = {}
    statistics: dict[str, RowStatistics] = {}
    for trial in trials:
        number = _number(trial, tiers)
        tiers[number] = trial.tier
        for kind, values in _arrays(trial).items():
            write_npy(folder / kind / f"{number}.npy", _padded(values, padded_frames, dtype))
            rows = values.reshape(1, -1) if kind == layout.VIDEOS else values
            statistics.setdefault(kind, RowStatistics(rows.shape[0])).add(rows)
    if not tiers:
        raise ReverieError(f"There are no trials to write into {folder}; give at least one.")
    in_order = [tiers.get(number, UNUSED) for number in range(max(tiers) + 1)]
    write_npy(folder / layout.TIERS, np.array(in_order))
    for kind, values_of in statistics.items():
        for name, row in values_of.named().items():
            value = row[0] if kind == layout.VIDEOS else row
            write_npy(layout.statistic_path(folder, Path(kind).name, name), np.asarray(value))


def _arrays(trial: Trial) -> dict[str, np.ndarray]:
    """Return the arrays of a trial by the folder they go to, time last."""
    arrays = {
        layout.VIDEOS: None if trial.movie is None else trial.movie.transpose(1, 2, 0),
        layout.BEHAVIOR: _recorded(trial.state[:2]),
        layout.PUPIL_CENTER: _recorded(trial.state[2:]),
        layout.RESPONSES: trial.responses,
    }
    return {kind: values for kind, values in arrays.items() if values is not None}


def _recorded(signals: np.ndarray) -> np.ndarray | None:
    """Return two signals, None where neither was recorded; of one alone, the other stays NaN."""
    return None if np.isnan(signals).all() else signals


def _padded(values: np.ndarray, frames: int | None, dtype: np.dtype) -> np.ndarray:
    missing = max((frames or 0) - values.shape[-1], 0)
    widths = [(0, 0)] * (values.ndim - 1) + [(0, missing)]
    return np.pad(values.astype(dtype), widths, constant_values=np.nan) if missing else values.astype(dtype)


def _number(trial: Trial, taken: dict[int, str]) -> int:
    """Return the number a trial is filed under."""
    if not trial.name.isdecimal():
        raise ReverieError(
            f"The trial {trial.name!r} cannot be filed; the layout numbers its trials 0, 1, 2 and so on."
        )
    number = int(trial.name)
    if number in taken:
        raise ReverieError(f"Two trials are numbered {number}; give every trial a number of its own.")
    return number
