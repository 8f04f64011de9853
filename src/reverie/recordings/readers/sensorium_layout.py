"""The layout of a folder of the Sensorium 2023 and 2022 releases, and writing one."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int

from reverie.foundation.errors import ReverieError
from reverie.foundation.files import write_npy
from reverie.foundation.folders import building
from reverie.recordings.row_statistics import RowStatistics
from reverie.recordings.tiers import UNUSED
from reverie.recordings.trial import Trial

VIDEOS = "data/videos"
"""``N.npy`` (height, width, time), grey levels 0-255."""

IMAGES = "data/images"
"""``N.npy`` (channel, height, width), in the release of 2022."""

RESPONSES = "data/responses"
"""``N.npy`` (neuron, time); may be missing for trials of the test tiers."""

BEHAVIOR = "data/behavior"
"""``N.npy`` (2, time): pupil dilation, running speed."""

PUPIL_CENTER = "data/pupil_center"
"""``N.npy`` (2, time): x, y."""

TIERS = "meta/trials/tiers.npy"
"""(trial,) strings: the tier of trial N at place N."""

UNIT_IDS = "meta/neurons/unit_ids.npy"
"""(neuron,) whole numbers."""

COORDINATES = "meta/neurons/cell_motor_coordinates.npy"
"""(neuron, 3): positions of cell bodies, micrometres."""

DEGREES = "meta/degrees_per_pixel.npy"
"""(): visual angle of one pixel, NaN where it is not known. The releases have no such file; `convert` writes it, since
recordings of other set-ups may have movies of the releases' size."""

STATISTICS = "meta/statistics"
"""``<array>/all/<statistic>.npy`` for each array above and mean, std, median, min and max."""


def is_trial_file(name: str) -> bool:
    """Return whether a file holds an array of a trial, whose name is 0.npy, 1.npy and so on, perhaps with zeros before.

    >>> is_trial_file("12.npy"), is_trial_file("012.npy"), is_trial_file("notes.txt")
    (True, True, False)
    """
    stem = name.removesuffix(".npy")
    return stem != name and stem.isdecimal() and stem.isascii()


def statistic_path(folder: Path, array: str, name: str) -> Path:
    """Return the file of a statistic, such as ``meta/statistics/responses/all/mean.npy``."""
    return folder / STATISTICS / array / "all" / f"{name}.npy"


def write_recording(
    folder: Path,
    trials: Iterable[Trial],
    *,
    unit_ids: Int[np.ndarray, " neuron"] | None = None,
    coordinates: Float[np.ndarray, "neuron 3"] | None = None,
    padded_frames: int | None = None,
    degrees_per_pixel: float | None = None,
) -> None:
    """Write the trials of one animal into ``folder``, one at a time as they come.

    Reading it back gives the same trials. A trial's name is its number; numbers left out get the tier "none". Arrays
    shorter than ``padded_frames`` are padded with NaN to this length, as the release pads its own to 324; None pads
    nothing. Trials without responses get no response file. Statistics are one number per neuron or row, and one for all
    movies; medians are computed from evenly spaced frames (at most 2048) or pixels (at most a million). The folder
    appears only once it is complete.

    Parameters
    ----------
    degrees_per_pixel
        NaN where it is not known; None where it is that of the releases.

    Raises
    ------
    ReverieError
        When the folder exists and is not empty, or a trial's name is not a unique number.
    """
    with building(folder) as hidden:
        _write_parts(hidden, trials, padded_frames)
        if unit_ids is not None:
            write_npy(hidden / UNIT_IDS, unit_ids)
        if coordinates is not None:
            write_npy(hidden / COORDINATES, coordinates)
        if degrees_per_pixel is not None:
            write_npy(hidden / DEGREES, np.array(degrees_per_pixel))


def _write_parts(folder: Path, trials: Iterable[Trial], padded_frames: int | None) -> None:
    """Write the trials, their tiers and the statistics."""
    tiers: dict[int, str] = {}
    statistics: dict[str, RowStatistics] = {}
    for trial in trials:
        number = _number(trial, tiers)
        tiers[number] = trial.tier
        for kind, values in _arrays(trial).items():
            write_npy(folder / kind / f"{number}.npy", _padded(values, padded_frames))
            rows = values.reshape(1, -1) if kind == VIDEOS else values
            statistics.setdefault(kind, RowStatistics(rows.shape[0])).add(rows)
    if not tiers:
        raise ReverieError(f"There are no trials to write into {folder}; give at least one.")
    in_order = [tiers.get(number, UNUSED) for number in range(max(tiers) + 1)]
    write_npy(folder / TIERS, np.array(in_order))
    for kind, values_of in statistics.items():
        for name, row in values_of.named().items():
            value = row[0] if kind == VIDEOS else row
            write_npy(statistic_path(folder, Path(kind).name, name), np.asarray(value))


def _arrays(trial: Trial) -> dict[str, np.ndarray]:
    """Return the arrays of a trial, time last, by the folder that they are written to."""
    arrays = {
        VIDEOS: None if trial.movie is None else trial.movie.transpose(1, 2, 0),
        BEHAVIOR: _recorded(trial.state[:2]),
        PUPIL_CENTER: _recorded(trial.state[2:]),
        RESPONSES: trial.responses,
    }
    return {kind: values for kind, values in arrays.items() if values is not None}


def _recorded(signals: np.ndarray) -> np.ndarray | None:
    """Return two signals, None where neither was recorded; where only one was, the other stays NaN."""
    return None if np.isnan(signals).all() else signals


def _padded(values: np.ndarray, frames: int | None) -> np.ndarray:
    values = values.astype(np.float32)
    missing = max((frames or 0) - values.shape[-1], 0)
    widths = [(0, 0)] * (values.ndim - 1) + [(0, missing)]
    return np.pad(values, widths, constant_values=np.nan) if missing else values


def _number(trial: Trial, taken: dict[int, str]) -> int:
    """Return the number of a trial's files."""
    if not trial.name.isdecimal():
        raise ReverieError(
            f"The trial {trial.name!r} cannot be filed; the layout numbers its trials 0, 1, 2 and so on."
        )
    number = int(trial.name)
    if number in taken:
        raise ReverieError(f"Two trials are numbered {number}; give every trial a number of its own.")
    return number
