"""How the values of stored movies become grey levels: their unit, inferred from the range of a sample."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from reverie.foundation.arrays import WHITE, Movie
from reverie.foundation.errors import ReverieError
from reverie.recordings.footage import Pixels
from reverie.stimuli.grey import bits_of
from reverie.stimuli.resizing import resize

IMPOSSIBLE_LEVEL = 2 * WHITE
"""Grey level, of either sign, that no movie in the unit of a recording's other movies reaches."""

OVERSHOOT = 20.0
"""Values count as grey levels if they exceed 0-255 by at most this much (as after resampling) and the brightest one is
above this."""


@dataclass(frozen=True)
class GreyScale:
    """How stored values become grey levels, ``(value - dark) * gain``, and why."""

    dark: float = 0.0
    """The stored value that is black."""
    gain: float = 1.0
    """Grey levels per stored unit."""
    bounded: bool = False
    """Whether values beyond black and white are clipped, because the scale was inferred from a sample."""
    bits: int | None = None
    """Bit depth that integers are taken to have, None for other values."""
    note: str | None = None
    """What was done, in words; None where values are grey levels already."""

    def require_fitting(self, pixels: Pixels, place: str) -> None:
        """Raise ReverieError when stored values need more bits than the sampled ones did, or have another unit."""
        low, high = float(pixels.min(initial=np.inf)), float(pixels.max(initial=-np.inf))
        gain = 1.0 if self.note is None else self.gain
        if not self.bounded and self.bits is None and max(high, -low) * gain > IMPOSSIBLE_LEVEL:
            raise ReverieError(
                f"{place} has values of {low:.4g} to {high:.4g}, but the recording's movies that were looked at hold "
                f"{'grey levels 0-255' if self.note is None else 'shares of white'}; all must have one unit."
            )
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
            gain=WHITE / (2**bits - 1), bits=bits, note=f"values up to {high:.6g} taken to have {bits} bits"
        )
    return GreyScale(
        dark=low,
        gain=WHITE / (high - low),
        bounded=True,
        note=f"values of {low:.4g} to {high:.4g} are not grey levels, stretched so that {low:.4g} is black (0) and "
        f"{high:.4g} is white (255)",
    )
