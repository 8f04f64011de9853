"""Converting movies from how they are stored to (time, height, width), grey levels 0-255."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float

from reverie.foundation.arrays import WHITE, Movie
from reverie.foundation.errors import ReverieError
from reverie.recordings.source import Footage
from reverie.stimuli.grey import LUMINANCE, bits_of
from reverie.stimuli.resizing import resize

SLACKS: Final = (0, 1, 3)
"""Frames by which a movie may differ from the rest of its trial when its time axis is inferred; tried in this order."""

USUAL_AXES: Final = "height,width,time"
"""The order of the axes of a movie without colours, in the releases."""

COLOURS: Final = 4
"""Largest number of channels of a movie: red, green, blue and opacity."""

LARGEST: Final = (96, 160)
"""Height and width in pixels above which movies are averaged down by an integer factor."""

OVERSHOOT: Final = 20.0
"""Values count as grey levels if they exceed 0-255 by at most this much (as after resampling) and the brightest one is
above this."""

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

    With four axes, the last may be colours, and then the one before it may be time.
    """
    return Counter(
        axis
        for shape, possible in usual
        for axis in (0, len(shape) - (2 if len(shape) == 4 and shape[-1] <= COLOURS else 1))
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
    factor = max(-(-have // most) for have, most in zip(size, LARGEST, strict=True))
    return max(1, size[0] // factor), max(1, size[1] // factor)


@dataclass(frozen=True)
class GreyScale:
    """How stored values become grey levels, ``(value - dark) * gain``, and why.

    Attributes
    ----------
    dark
        The stored value that is black.
    gain
        Grey levels per stored unit.
    bounded
        Whether values beyond black and white are clipped, because the scale was inferred from a sample.
    bits
        Bit depth that integers are taken to have, None for other values.
    note
        What was done, in words; None where values are grey levels already.
    """

    dark: float = 0.0
    gain: float = 1.0
    bounded: bool = False
    bits: int | None = None
    note: str | None = None

    def require_fitting(self, pixels: Pixels, place: str) -> None:
        """Raise ReverieError when stored values need more bits than the sampled ones did."""
        if self.bits is not None and (high := float(pixels.max(initial=0))) >= 2**self.bits:
            raise ReverieError(
                f"{place} has values up to {high:.4g}, but those of the recording's movies that were looked at have "
                f"{self.bits} bits; write its movies with 8 bits, or with all of 16."
            )

    def applied(self, pixels: Float[np.ndarray, "time tall wide"], size: tuple[int, int]) -> Movie:
        """Return stored values as grey levels, averaged down to a frame size."""
        movie = pixels if pixels.shape[1:] == size else resize(pixels, size)
        if self.note is not None:
            movie = (movie - np.float32(self.dark)) * np.float32(self.gain)
        if self.bounded:
            movie = np.clip(movie, 0.0, WHITE)
        return np.ascontiguousarray(movie, dtype=np.float32)


def is_deep(dtype: np.dtype) -> bool:
    """Return whether a type is one of integers of more than 8 bits.

    >>> is_deep(np.dtype(np.uint16)), is_deep(np.dtype(np.uint8)), is_deep(np.dtype(np.float32))
    (True, False, False)
    """
    return dtype.kind in "iu" and dtype.itemsize > 1


def grey_scale(low: float, high: float, dtype: np.dtype) -> GreyScale:
    """Return the scale of stored values, inferred from the lowest and the highest of a sample.

    Grey levels 0-255 are kept. Values in 0-1 are taken as shares of white. Whole numbers above 255 are taken to have
    10, 12, 14 or 16 bits. Anything else, such as z-scores, is stretched so that the lowest value of the sample is black
    and the highest white.
    """
    if dtype.kind == "b" or (low >= 0 and high <= 1 and high > 0):
        return GreyScale(gain=WHITE, note=f"values of {low:.4g} to {high:.4g} taken as shares of white, times 255")
    if low == high or (low >= -OVERSHOOT and OVERSHOOT < high <= WHITE + OVERSHOOT):
        return GreyScale()
    if dtype == np.uint8:
        return GreyScale()
    if dtype.kind in "iu" and low >= 0 and high > WHITE:
        bits = bits_of(high)
        return GreyScale(
            gain=WHITE / (2**bits - 1), bits=bits, note=f"values up to {high:.4g} taken to have {bits} bits"
        )
    return GreyScale(
        dark=low,
        gain=WHITE / (high - low),
        bounded=True,
        note=f"values of {low:.4g} to {high:.4g} are no grey levels, stretched so that {low:.4g} is black (0) and "
        f"{high:.4g} is white (255)",
    )
