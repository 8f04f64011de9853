"""One array of a trial as it lies on disk: checked, its padding found, cut to the true length when handed out."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from reverie.foundation.arrays import Movie, Responses
from reverie.foundation.errors import ReverieError
from reverie.foundation.files import read_npy


@dataclass(frozen=True)
class Series:
    """An array whose last axis is time, still on disk.

    frames: the true length, NaN padding at the end left out. padding_marked: False for arrays of whole numbers,
    which cannot hold NaN; they may be longer than the trial without saying so.
    """

    path: Path
    values: np.ndarray
    frames: int
    padding_marked: bool


def open_series(path: Path, dimensions: Sequence[str]) -> Series:
    """Open one array memory-mapped and find its true length.

    dimensions names the axes before time, such as ("height", "width").
    Raises ReverieError when the file is missing or damaged, holds no numbers, or has other dimensions.
    """
    values = read_npy(path)
    if values.dtype.kind not in "fiu":
        raise ReverieError(f"{path} holds {_describe(values.dtype)} where numbers were expected; write it as float32.")
    if values.ndim != len(dimensions) + 1:
        expected = ", ".join([*dimensions, "time"])
        raise ReverieError(f"{path} has the shape {values.shape}, where ({expected}) was expected; write it again.")
    if 0 in values.shape[:-1]:
        empty = dimensions[values.shape.index(0)]
        raise ReverieError(f"{path} has the shape {values.shape}: its {empty} is zero, so there is nothing in it.")
    if values.dtype.kind != "f":
        return Series(path, values, values.shape[-1], padding_marked=False)
    blank = np.isnan(values).all(axis=tuple(range(values.ndim - 1)))
    kept = np.flatnonzero(~blank)
    return Series(path, values, int(kept[-1]) + 1 if kept.size else 0, padding_marked=True)


def first_readable(paths: Sequence[Path], dimensions: Sequence[str]) -> Series:
    """Open the first array that can be opened; raises the first one's ReverieError when none can."""
    problems = []
    for path in paths:
        try:
            return open_series(path, dimensions)
        except ReverieError as problem:
            problems.append(problem)
    raise problems[0]


def agreed_length(series: Sequence[Series]) -> int:
    """Return the one length the arrays of a trial share, however much each is padded.

    Raises ReverieError naming two files when their true lengths differ, or one when it holds nothing.
    """
    for part in series:
        if part.frames == 0:
            raise ReverieError(f"{part.path} holds padding only, so the trial has no frames; remove the trial.")
    shortest = min(series, key=lambda part: part.frames)
    for part in series:
        if part.padding_marked and part.frames != shortest.frames:
            raise ReverieError(
                f"{part.path} lasts {part.frames} frames but {shortest.path} lasts {shortest.frames}; "
                "the arrays of one trial must have the same length before their NaN padding."
            )
    return shortest.frames


def cut(series: Series, frames: int) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Read the first ``frames`` frames as float32, time still last.

    Raises ReverieError when one of them holds NaN or infinity.
    """
    with np.errstate(over="ignore"):
        values = np.asarray(series.values[..., :frames], dtype=np.float32)
    if not np.isfinite(values).all():
        wrong = np.argwhere(~np.isfinite(values))
        frame = int(wrong[:, -1].min())
        kind = "NaN" if np.isnan(values[..., frame]).any() else "an infinity"
        raise ReverieError(
            f"{series.path} holds {kind} at frame {frame}, inside the trial's {frames} frames; "
            "NaN may only pad the end, so repair or remove the trial."
        )
    return values


def as_movie(video: Series, frames: int) -> Movie:
    """Read a movie laid (height, width, time) as (time, height, width)."""
    return np.ascontiguousarray(cut(video, frames).transpose(2, 0, 1))


def as_responses(series: Series, frames: int) -> Responses:
    """Read responses; raises ReverieError when some are negative."""
    responses = cut(series, frames)
    if responses.min() < 0:
        raise ReverieError(
            f"{series.path} holds negative responses (down to {responses.min():.3g}); responses must be 0 or more, "
            "so deconvolve or shift them first."
        )
    return responses


def _describe(dtype: np.dtype[Any]) -> str:
    """Say in words what an array holds that is not numbers."""
    names = {"U": "text", "S": "text", "b": "true/false values", "c": "complex numbers", "M": "dates", "m": "durations"}
    return names.get(dtype.kind, f"values of type {dtype}")
