"""Converting movies from how they are stored to (time, height, width), grey levels 0-255."""

from collections import Counter
from collections.abc import Collection, Sequence

import numpy as np
from jaxtyping import Float

from reverie.foundation.errors import ReverieError
from reverie.recordings.source import Footage
from reverie.stimuli.grey import LUMINANCE

SLACKS = (0, 1, 3)
"""Frames by which a movie may differ from the rest of its trial when its time axis is inferred; tried in this order."""

USUAL_AXES = "height,width,time"
"""The order of the axes of a movie without colours, in the releases."""

COLOURS = 4
"""Largest number of channels of a movie: red, green, blue and opacity."""

LARGEST_FRAME = (96, 160)
"""Height and width in pixels above which movies are averaged down by an integer factor."""

Pixels = Float[np.ndarray, "time height width"]


def infer_axes(shapes: Sequence[tuple[int, ...]], lengths: Sequence[Collection[int]], place: str) -> str:
    """Return the order of the axes of a recording's movies, inferred from the lengths of each trial's other arrays.

    Parameters
    ----------
    shapes
        The shape of each trial's movie.
    lengths
        How many frames the movie of each trial may have.
    place
        Where the movies lie, for the message.

    Raises
    ------
    ReverieError
        When two axes fit equally well, or movies have neither three nor four axes.
    """
    axes, _ = Counter(len(shape) for shape in shapes).most_common(1)[0]
    if axes not in (3, 4):
        raise ReverieError(
            f"{place} holds movies of {axes} axes (the first has the shape {shapes[0]}); three were expected (height, "
            "width, time), or four with colours."
        )
    usual = [(shape, possible) for shape, possible in zip(shapes, lengths, strict=True) if len(shape) == axes]
    for slack in SLACKS:
        best = _fitting(usual, slack).most_common(2)
        if len(best) > 1 and best[0][1] == best[1][1]:
            if slack:
                break
            raise ReverieError(
                f"{place} holds movies of the shape {usual[0][0]}, in which the number of frames occurs twice, so that "
                "time cannot be told from space; say which order is meant with --movie-axes, such as height-width-time."
            )
        if best:
            return _named(usual[0][0], best[0][0])
    # Where no axis fits, the usual order lets the lengths be reported as wrong.
    return USUAL_AXES if axes == 3 else _named(usual[0][0], axes - 1)


def _fitting(usual: Sequence[tuple[tuple[int, ...], Collection[int]]], slack: int) -> Counter[int]:
    """Count in how many trials the size of the first axis, and that of the last, is a possible number of frames.

    With four axes, either of these may be colours, and then the one next to it may be time.
    """
    return Counter(
        axis
        for shape, possible in usual
        for axis in (
            1 if len(shape) == 4 and shape[0] <= COLOURS else 0,
            len(shape) - (2 if len(shape) == 4 and shape[-1] <= COLOURS else 1),
        )
        if any(abs(shape[axis] - length) <= slack for length in possible)
    )


def _named(shape: tuple[int, ...], time: int) -> str:
    """Name the axes of a movie whose time axis is known; the shortest of four holds the colours."""
    others = [axis for axis in range(len(shape)) if axis != time]
    names = dict.fromkeys(range(len(shape)), "")
    names[time] = "time"
    if len(shape) == 4:
        # With equally short axes, the last one before time is the usual place of colours.
        channel = min(others, key=lambda axis: (shape[axis], -axis))
        names[channel] = "channel"
        others.remove(channel)
    names[others[0]], names[others[1]] = "height", "width"
    return ",".join(names[axis] for axis in range(len(shape)))


def stored_frames(footage: Footage, axes: str) -> int:
    """Return the number of frames of a movie as stored."""
    if footage.frames is not None:
        return len(footage.frames)
    return int(footage.values.shape[_position(footage, axes, "time")])


def picture_size(footage: Footage, axes: str) -> tuple[int, int]:
    """Return height and width as stored."""
    shape = footage.values.shape
    return int(shape[_position(footage, axes, "height")]), int(shape[_position(footage, axes, "width")])


def read_pictures(footage: Footage, axes: str, start: int, stop: int) -> Pixels:
    """Read some frames as float32 (time, height, width), with colours made grey, in the stored values."""
    names = axes.split(",")
    time = _position(footage, axes, "time")
    wanted: slice | np.ndarray = slice(start, stop)
    back = None
    if footage.frames is not None:
        # The libraries read pictures only in order, each once.
        wanted, back = np.unique(footage.frames[start:stop], return_inverse=True)
        if len(wanted) and wanted[-1] - wanted[0] + 1 == len(wanted):
            wanted = slice(int(wanted[0]), int(wanted[-1]) + 1)
    with np.errstate(over="ignore"):
        values = np.asarray(footage.values[(slice(None),) * time + (wanted,)])
    values = np.moveaxis(values, [names.index(name) for name in _order(names)], range(len(names)))
    if "channel" in names:
        values = grey_of(values)
    values = np.asarray(values, dtype=np.float32)
    return values if back is None else values[back]


def grey_of(colours: np.ndarray) -> Pixels:
    """Reduce colours to grey levels: the luma of three channels (red, green, blue), the mean of any other number.

    A fourth channel beside red, green and blue is transparency and left out.

    >>> grey_of(np.array([[[[255, 0, 0], [0, 255, 0]]]])).round().tolist()
    [[[76.0, 150.0]]]
    """
    channels = colours.shape[-1]
    if channels in (3, 4):
        return np.asarray(colours[..., :3].astype(np.float32) @ np.asarray(LUMINANCE, dtype=np.float32))
    return np.asarray(colours.mean(axis=-1, dtype=np.float32))


def _order(names: Sequence[str]) -> tuple[str, ...]:
    return ("time", "height", "width", "channel") if "channel" in names else ("time", "height", "width")


def _position(footage: Footage, axes: str, name: str) -> int:
    names = axes.split(",")
    if len(names) != len(footage.values.shape):
        raise ReverieError(
            f"{footage.place} has the shape {tuple(footage.values.shape)}, where ({', '.join(names)}) was expected; "
            "write it again, or say the order of its axes with --movie-axes."
        )
    return names.index(name)


def target_size(size: tuple[int, int], asked: tuple[int, int] | None) -> tuple[int, int]:
    """Return the frame size that movies of a stored size are averaged down to.

    >>> target_size((36, 64), None), target_size((304, 608), None), target_size((304, 608), (36, 64))
    ((36, 64), (76, 152), (36, 64))
    """
    if asked is not None:
        return asked
    factor = max(-(-have // most) for have, most in zip(size, LARGEST_FRAME, strict=True))
    return max(1, size[0] // factor), max(1, size[1] // factor)
