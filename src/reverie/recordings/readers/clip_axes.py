"""The axes of a movie in an array: which one is time, and which one holds colours."""

from collections.abc import Sequence

import numpy as np

from reverie.foundation.errors import ReverieError
from reverie.recordings.reading import Reading
from reverie.recordings.source import SlicedArray

COLOURED = ("time,height,width,channel", "time,channel,height,width", "height,width,channel,time")
"""Orders of the axes of movies with colours, the most common first."""

MOST_COLOURS = 4
"""Largest number of colour channels: red, green, blue and transparency; screens for mice often have two."""


def as_movie(values: SlicedArray) -> SlicedArray:
    """Return an array of pictures; a single one, with or without colours, becomes a movie of one frame."""
    shape = values.shape
    single = len(shape) == 2 or (len(shape) == 3 and shape[-1] <= MOST_COLOURS < shape[0])
    return np.asarray(values)[None] if single else values


def array_axes(
    shape: Sequence[int],
    reading: Reading,
    frames: int | None,
    place: str,
    *,
    time_last: bool = False,
    ask: bool = False,
) -> str:
    """Return the order of an array's axes: as given, from its number of frames, or by default time first (or last).

    >>> array_axes((36, 64, 900), Reading(), 900, "a.npy"), array_axes((900, 36, 64, 3), Reading(), None, "a.npy")
    ('height,width,time', 'time,height,width,channel')

    Raises ReverieError when the array is not a movie, has too few frames in either order, or its pictures have no
    plausible shape; with ``ask``, also when it has more frames than were shown in either order, since a part of it may
    have been shown.
    """
    if reading.axes != "auto":
        return reading.axes
    first, last = _orders(shape, place)
    usual, other = (last, first) if time_last else (first, last)
    sound = [axes for axes in (usual, other) if not _stretched(shape[1:] if axes == first else shape[:2])]
    if frames is None:
        if len(shape) == 3 and sound == [other]:
            raise _open_axes(shape, place)
        return usual
    lengths = {axes: shape[axes.split(",").index("time")] for axes in (last, first)}
    exact = [axes for axes in (first, last) if lengths[axes] == frames]
    # An axis of just the shown length is chance where its order gives stripes, and the other order gives pictures.
    if exact and (not ask or exact[0] in sound or all(lengths[axes] < frames for axes in sound)):
        return exact[0]
    if ask and len(shape) == 3:
        if len(sound) == 1 and lengths[sound[0]] > frames:
            return sound[0]
        if min(lengths.values()) > frames:
            raise _open_axes(shape, place)
    if lengths[usual] > frames:
        return usual
    raise ReverieError(
        f"{place} has the shape {tuple(shape)}, but its frame {frames - 1} is said to have been shown; frames are "
        "numbered from 0."
    )


def _orders(shape: Sequence[int], place: str) -> tuple[str, str]:
    """Return the order with time first and the one with time last; raises ReverieError when the array is no movie."""
    if len(shape) == 3:
        return "time,height,width", "height,width,time"
    if len(shape) != 4:
        raise ReverieError(f"{place} has the shape {tuple(shape)}; a movie has three axes, or four with colours.")
    fitting = [axes for axes in COLOURED if shape[axes.split(",").index("channel")] <= MOST_COLOURS]
    if not fitting:
        raise ReverieError(f"{place} has the shape {tuple(shape)}, in which no axis holds colours; is it a movie?")
    return fitting[0], fitting[-1]


def may_be_turned(shape: Sequence[int], axes: str) -> bool:
    """Return whether an array whose time was taken to be its first axis (or last) would show pictures otherwise too.

    >>> may_be_turned((64, 64, 100), "time,height,width"), may_be_turned((36, 64, 900), "height,width,time")
    (True, False)
    """
    return len(shape) == 3 and not _stretched(shape[:2] if axes.startswith("time") else shape[1:])


def _open_axes(shape: Sequence[int], place: str) -> ReverieError:
    return ReverieError(
        f"{place} has the shape {tuple(shape)}, so that time may be its first axis or its last; say which with "
        "--movie-axes, such as height-width-time."
    )


def _stretched(size: Sequence[int]) -> bool:
    """Return whether one side of a picture is more than twice as long as the other."""
    return max(size) > 2 * max(min(size), 1)
