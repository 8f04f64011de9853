"""Videos that are pictures: a folder of numbered ones, a stack in a TIFF, an animated WebP or PNG."""

import math
import re
from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np
import tifffile
from jaxtyping import Float, Shaped
from PIL import Image, ImageOps

from reverie.foundation.arrays import WHITE
from reverie.foundation.errors import ReverieError
from reverie.foundation.placeholders import read_start

SUFFIXES: Final = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp", ".gif", ".pgm", ".ppm")
"""Endings of files that may be single pictures."""

STILL: Final = (".png", ".jpg", ".jpeg", ".bmp", ".pgm", ".ppm")
"""Endings of files that are single pictures, even where they cannot be read."""

LUMINANCE: Final = (0.299, 0.587, 0.114)
"""How much red, green and blue count (ITU-R BT.601, as video decoders take)."""

UNTIMED: Final = 0.1
"""Seconds a picture lasts that says it lasts no time, as browsers show it."""

Grey = Float[np.ndarray, "height width"]
Shown = tuple[float, float, Grey]
"""Seconds since the start, seconds it lasts, the picture in grey levels 0-255."""


def is_picture(path: Path) -> bool:
    """Tell whether a file is a single picture rather than a video, by its name and the number of its pictures."""
    if path.suffix.lower() not in SUFFIXES:
        return False
    try:
        return _count(path) == 1
    except (OSError, ValueError, SyntaxError, tifffile.TiffFileError, Image.DecompressionBombError):
        return path.suffix.lower() in STILL  # whoever reads it will say what is wrong


def numbered_pictures(folder: Path) -> list[Path]:
    """Return the pictures of a folder in the order of their numbers, or nothing where there are fewer than two.

    Raises ReverieError when they belong to several series or one is missing in between.
    """
    series: dict[str, dict[int, Path]] = defaultdict(dict)
    for path in sorted(folder.iterdir()):
        number = re.search(r"\d+(?=\D*$)", path.stem)
        if number and not path.name.startswith(".") and path.is_file() and is_picture(path):
            words = path.stem[: number.start()] + "…" + path.stem[number.end() :] + path.suffix.lower()
            series[words][int(number[0])] = path
    long = {words: pictures for words, pictures in series.items() if len(pictures) > 1}
    if len(long) > 1:
        raise ReverieError(f"{folder} holds pictures of several series ({', '.join(long)}); give each its own folder.")
    if not long:
        return []
    pictures = dict(sorted(next(iter(long.values())).items()))
    step = min(after - before for before, after in pairwise(pictures))
    for before, after in pairwise(pictures):
        if after - before != step:
            raise ReverieError(
                f"{folder} lacks the picture numbered {before + step}, after {pictures[before].name}; bring it back."
            )
    return list(pictures.values())


def shown_pictures(path: Path, frame_rate: float) -> Iterator[Shown]:
    """Yield the pictures of a folder, stack or animation; what keeps no times shows ``frame_rate`` a second.

    Raises ReverieError when there is but one picture or one cannot be read, OSError and ValueError when all cannot.
    """
    if path.is_dir():
        files = numbered_pictures(path)
        if not files:
            raise ReverieError(f"{path} holds no numbered pictures; name a folder of those, or a video.")
        return ((number / frame_rate, 1 / frame_rate, _read(file)) for number, file in enumerate(files))
    if path.suffix.lower() in (".tif", ".tiff"):
        return _stack(path, frame_rate)
    return _animation(path)


def picture_facts(path: Path) -> tuple[tuple[int, int], float | None]:
    """Return height and width of a TIFF's or a folder's pictures, and the frames per second it keeps, if it does.

    Raises ReverieError, OSError or ValueError when it holds no pictures that can be read.
    """
    if path.is_dir():
        files = numbered_pictures(path)
        if not files:
            raise ReverieError(f"{path} holds no numbered pictures; name a folder of those, or a video.")
        height, width = _read(files[0]).shape
        return (height, width), None
    try:
        with tifffile.TiffFile(path) as stack:
            height, width = _axes(stack)[1][:2]
            return (height, width), _kept_rate(stack)
    except tifffile.TiffFileError as error:
        raise ValueError(str(error)) from error


def _kept_rate(stack: Any) -> float | None:  # noqa: ANN401 - tifffile ships no types
    """Return the frames per second that ImageJ keeps in a TIFF."""
    return float((stack.imagej_metadata or {}).get("fps") or 0) or None


def _read(path: Path) -> Grey:
    read_start(path)
    try:
        if path.suffix.lower() in (".tif", ".tiff"):
            return _as_grey(tifffile.imread(path), path)
        with Image.open(path) as picture:
            return _grey(ImageOps.exif_transpose(picture), path)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise ReverieError(f"{path} could not be read as a picture ({error}); copy it again.") from error


def _count(path: Path) -> int:
    if path.suffix.lower() in (".tif", ".tiff"):
        with tifffile.TiffFile(path) as stack:
            return math.prod(_axes(stack)[0])
    with Image.open(path) as picture:
        return int(getattr(picture, "n_frames", 1))


def _animation(path: Path) -> Iterator[Shown]:
    moment = 0.0
    try:
        with Image.open(path) as picture:
            for number in range(getattr(picture, "n_frames", 1)):
                picture.seek(number)
                grey = _grey(picture, path)
                lasts = float(picture.info.get("duration", 0)) / 1000 or UNTIMED
                yield moment, lasts, grey
                moment += lasts
    except (SyntaxError, Image.DecompressionBombError) as error:  # Pillow's word for what is broken
        raise ValueError(str(error)) from error


def _stack(path: Path, frame_rate: float) -> Iterator[Shown]:
    """Yield the pages of a TIFF at the rate that ImageJ keeps in it."""
    with tifffile.TiffFile(path) as stack:
        rate = _kept_rate(stack) or frame_rate
        before, frame = _axes(stack)
        count = math.prod(before)
        pages = stack.series[0].pages
        # ImageJ writes large stacks as one page that the others follow.
        together = None if len(pages) == count else stack.series[0].asarray()
        for number in range(count):
            picture = stack.asarray(key=number) if together is None else together.reshape(count, *frame)[number]
            yield number / rate, 1 / rate, _as_grey(picture, path)


def _axes(stack: Any) -> tuple[tuple[int, ...], tuple[int, ...]]:  # noqa: ANN401 - tifffile ships no types
    """Return the lengths of a stack's axes before those of a picture, and of a picture: rows, columns, any colours."""
    series = stack.series[0]
    coloured = series.axes.endswith("S")
    if not series.axes.removesuffix("S").endswith("YX") or "C" in series.axes:
        raise ValueError(f"its axes are {series.axes}; a stack of grey or RGB pictures over time was expected")
    first = len(series.shape) - (3 if coloured else 2)
    return tuple(series.shape[:first]), tuple(series.shape[first:])


def _grey(picture: Image.Image, path: Path) -> Grey:
    """Return a picture in grey levels; what is transparent is black, as players show it."""
    if picture.mode in ("I", "F") or picture.mode.startswith("I;"):
        values = np.asarray(picture)
        return _as_grey(values.astype(np.uint16) if picture.mode != "F" else values, path)
    transparent = "A" in picture.mode or "transparency" in picture.info
    return _as_grey(np.asarray(picture.convert("RGBA" if transparent else "RGB")), path)


def _as_grey(values: Shaped[np.ndarray, "..."], path: Path) -> Grey:
    """Bring pixels of any kind to grey levels 0-255, (height, width)."""
    levels: Float[np.ndarray, "..."]
    if values.dtype == np.uint16:
        levels = values.astype(np.float32) / 257
    elif values.dtype in (np.uint8, np.bool_):
        levels = values.astype(np.float32) * (WHITE if values.dtype == np.bool_ else 1)
    else:
        levels = np.asarray(values, dtype=np.float32)
        if not (np.isfinite(levels).all() and levels.min() >= 0 and 1 < levels.max() <= WHITE):
            raise ReverieError(
                f"{path} holds {values.dtype} values from {levels.min():.4g} to {levels.max():.4g}, where grey levels "
                "from 0 to 255 were expected; save it with 8 or 16 bits."
            )
    return mix_colours(levels) if levels.ndim == 3 else levels


def mix_colours(levels: Float[np.ndarray, "height width channel"]) -> Grey:
    """Mix red, green and blue, or grey, and a last channel of opacity where there are two or four, to grey."""
    colours = levels.shape[-1]
    opacity = levels[..., -1] / np.float32(WHITE) if colours in (2, 4) else np.float32(1)
    weights: tuple[float, ...] = LUMINANCE if colours >= 3 else (1.0,)
    return np.asarray((levels[..., : len(weights)] @ np.array(weights, np.float32)) * opacity, dtype=np.float32)
