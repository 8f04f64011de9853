"""Pictures made grey in the values of their files, and these values converted to grey levels 0-255."""

from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Shaped
from PIL import Image

from reverie.foundation.arrays import WHITE, Movie
from reverie.foundation.errors import ReverieError
from reverie.foundation.progress import say

Grey = Float[np.ndarray, "height width"]

LUMINANCE = (0.299, 0.587, 0.114)
"""Weights of red, green and blue (ITU-R BT.601, which video decoders use)."""

DEPTHS = (10, 12, 14, 16, 32, 64)
"""Bit depths that integers above 255 may have."""


def grey_levels(movie: Movie, dtype: np.dtype[Any], path: Path) -> Movie:
    """Return pictures in the values of their file (of this dtype) as grey levels 0-255.

    Whole numbers above 255 are taken to have the fewest bits that hold them, with a message where these are not 16.
    Raises ReverieError when values are neither whole numbers nor grey levels.
    """
    low, high = float(movie.min(initial=0.0)), float(movie.max(initial=0.0))
    if dtype.kind in "bu" and high <= WHITE:
        return movie
    if dtype.kind in "iu" and low >= 0 and high > WHITE:
        depth = bits_of(high)
        if depth != 16:
            say(f"{path}: values up to {high:.4g} are taken to have {depth} bits.")
        return np.asarray(movie * np.float32(WHITE / (2**depth - 1)))
    if not (low >= 0 and 1 < high <= WHITE):
        raise ReverieError(
            f"{path} holds {dtype} values from {low:.4g} to {high:.4g}, where grey levels from 0 to 255 were expected; "
            "save it with 8 or 16 bits."
        )
    return movie


def bits_of(high: float) -> int:
    """Return the bit depth of whole numbers whose highest value is above 255.

    >>> bits_of(4095.0), bits_of(4096.0), bits_of(16384.0)
    (12, 14, 16)
    """
    return next(bits for bits in DEPTHS if high < 2**bits)


def as_grey(values: Shaped[np.ndarray, "..."]) -> Grey:
    """Mix colours of any type to grey, (height, width), in the same values; of truth values, true is white."""
    shares = values.dtype.kind == "f" and values.size > 0 and values.max() <= 1
    white = float(np.iinfo(values.dtype).max) if values.dtype.kind == "u" else 1.0 if shares else WHITE
    levels = np.asarray(values, dtype=np.float32) * np.float32(WHITE if values.dtype == np.bool_ else 1)
    return mix_colours(levels, white) if levels.ndim == 3 else levels


def grey_picture(picture: Image.Image) -> Grey:
    """Return a picture grey, in the values of its file; what is transparent is black, as players show it."""
    if picture.mode[0] in "IF":
        return as_grey(np.asarray(picture))
    transparent = "A" in picture.mode or "transparency" in picture.info
    return as_grey(np.asarray(picture.convert("RGBA" if transparent else "RGB")))


def mix_colours(levels: Float[np.ndarray, "height width channel"], white: float = WHITE) -> Grey:
    """Mix channels to grey: red, green and blue, or grey alone; of two or four channels the last is opacity."""
    colours = levels.shape[-1]
    opacity = levels[..., -1] / np.float32(white) if colours in (2, 4) else np.float32(1)
    weights: tuple[float, ...] = LUMINANCE if colours >= 3 else (1.0,)
    return np.asarray((levels[..., : len(weights)] @ np.array(weights, np.float32)) * opacity, dtype=np.float32)
