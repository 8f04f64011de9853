"""Pictures in TIFF files: stacks of every layout, and single ones."""

import json
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from PIL import Image

from reverie.stimuli.grey import Grey, as_grey, grey_picture

STACKS = (".tif", ".tiff")
"""Endings of TIFF files."""

INKS = (tifffile.PHOTOMETRIC.SEPARATED, tifffile.PHOTOMETRIC.CIELAB, tifffile.PHOTOMETRIC.ICCLAB)
"""Kinds of colours that are not made of red, green and blue, as printers use them."""

MOST_COLOURS = 4
"""Largest number of colours of a picture: red, green, blue and opacity."""

CODECS = "imagecodecs"
"""Package without which tifffile reads few compressions."""

DIFFERENT = "it holds pictures of different kinds; save the movie alone"
"""What is wrong with a file that holds more than one movie, and what to do."""

DEEPEST = 255
"""Highest value of a table of colours in which some programs write 8 bits instead of 16."""


@dataclass(frozen=True)
class StackFacts:
    """What a TIFF file holds."""

    count: int
    """How many pictures."""
    size: tuple[int, int]
    """Their height and width."""
    rate: float | None
    """The frames per second that ImageJ stored; None where it did not."""
    dtype: np.dtype[Any]
    """The type of the numbers in which ``pictures_of`` returns their greys."""
    planes: bool
    """Whether each colour of a picture is a plane of its own, (colour, row, column)."""
    each: int
    """How many pictures each of the file's series holds; many programs make every page a series."""


def stack_facts(path: Path) -> StackFacts:
    """Return what a TIFF file holds; raises OSError or ValueError when it cannot be read as pictures of one kind."""
    changed = path.stat()
    return _facts_of(path, changed.st_mtime_ns, changed.st_size)


@lru_cache(maxsize=64)
def _facts_of(path: Path, changed: int, size: int) -> StackFacts:
    """Return ``stack_facts`` of a file as it is now; reading its table of contents may take seconds."""
    with _opened(path) as stack:
        # Of pages taken for one series, tifffile compares a few.
        if _describes_itself(stack.pages[0]) and len({page.hash for page in stack.pages}) > 1:
            raise ValueError(DIFFERENT)
        return _facts(stack)


def pictures_of(path: Path) -> Iterator[Grey]:
    """Yield the pictures of a TIFF file, grey, in its values; raises as ``stack_facts``."""
    with _opened(path) as stack:
        facts = stack_facts(path)
        try:
            stack.pages[0].asarray()
        except ValueError as error:
            if CODECS not in str(error):
                raise
            yield from _by_pillow(path, facts.count, str(error))
            return
        first: Any = stack.pages[0]
        every: list[Any] = list(stack.series)
        for number, series in enumerate(every):
            # ImageJ writes large stacks as one page followed by the data of the others.
            paged = len(series.pages) == facts.each
            together = None if paged else series.asarray().reshape(facts.each, *series.shape[-_axes(series.axes) :])
            for index in range(facts.each):
                picture = stack.asarray(series=number, key=index) if together is None else together[index]
                own_colours = paged and first.photometric == tifffile.PHOTOMETRIC.PALETTE
                page = series.pages[index].aspage() if own_colours else first
                yield as_grey(_as_seen(np.moveaxis(picture, 0, -1) if facts.planes else picture, page))


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """Open a TIFF file; where each page is written as a series of its own, all alike are taken for one.

    tifffile compares each series with all others, which takes a minute for ten minutes of movie.
    """
    with tifffile.TiffFile(path) as stack:
        if not _describes_itself(stack.pages[0]):
            yield stack
            return
    with tifffile.TiffFile(path, is_shaped=False) as stack:
        yield stack


def _describes_itself(page: Any) -> bool:  # noqa: ANN401 - tifffile's pages have many types
    """Return whether the description that tifffile wrote to the first page is of this page alone."""
    try:
        return bool(math.prod(json.loads(page.description)["shape"]) == page.size)
    except (ValueError, TypeError, LookupError):
        return False


def _by_pillow(path: Path, count: int, reason: str) -> Iterator[Grey]:
    """Yield the pictures of a TIFF file whose compression, such as LZW, tifffile only reads with a further package."""
    try:
        with Image.open(path) as picture:
            if getattr(picture, "n_frames", 1) != count:
                raise ValueError("a page holds several pictures")
            for number in range(count):
                picture.seek(number)
                yield grey_picture(picture)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise ValueError(f"{reason}, and cannot be read without ({error}); pip install {CODECS}") from error


def _facts(stack: Any) -> StackFacts:  # noqa: ANN401 - tifffile's pages have many types
    series, page = stack.series[0], stack.pages[0]
    if len({(one.shape, one.dtype, one.axes) for one in stack.series}) > 1:
        raise ValueError(DIFFERENT)
    axes, count = series.axes, _axes(series.axes)
    # tifffile calls the frames of a stack channels where it writes for ImageJ and nobody names the axes.
    frames_called_channels = axes == "CYX" and series.shape[0] > MOST_COLOURS
    if not count or ("C" in axes and not frames_called_channels):
        raise ValueError(f"its axes are {axes}; a stack of grey or RGB pictures over time was expected")
    if page.photometric in INKS:
        raise ValueError(f"its colours are {page.photometric.name}; save it with grey or RGB pictures")
    height, width = (series.shape[axes.index(name)] for name in "YX")
    each = math.prod(series.shape[:-count])
    dtype = np.dtype(np.uint8 if page.photometric == tifffile.PHOTOMETRIC.PALETTE else series.dtype)
    return StackFacts(
        each * len(stack.series), (height, width), _rate(stack.imagej_metadata or {}), dtype, axes.endswith("SYX"), each
    )


def _rate(imagej: Mapping[str, Any]) -> float | None:
    """Return the frames per second that ImageJ stored, or those of the interval between frames, in seconds.

    >>> _rate({"fps": 20.0}), _rate({"finterval": 0.05}), _rate({"finterval": 0.05, "tunit": "min"}), _rate({})
    (20.0, 20.0, None, None)
    """
    interval = float(imagej.get("finterval") or 0) if imagej.get("tunit", "sec") in ("s", "sec", "seconds") else 0.0
    return float(imagej.get("fps") or 0) or (1 / interval if interval else None)


def _axes(axes: str) -> int:
    """Return how many of a series' axes are those of a picture: rows, columns, and colours before or after them.

    >>> _axes("TYX"), _axes("IYXS"), _axes("QSYX"), _axes("TYXC")
    (2, 3, 3, 0)
    """
    return 3 if axes.endswith(("YXS", "SYX")) else 2 if axes.endswith("YX") else 0


def _as_seen(values: np.ndarray, page: Any) -> np.ndarray:  # noqa: ANN401 - tifffile's pages have many types
    """Return values of which the highest is white, of a TIFF that counts from white (0) on or numbers its colours.

    tifffile marks all truth values it writes as the former, so the mark says nothing about them: there, true is white.
    """
    kind = values.dtype.kind
    if page.photometric == tifffile.PHOTOMETRIC.PALETTE and page.colormap is not None:
        colours = np.asarray(page.colormap)
        levels: np.ndarray = np.asarray(colours if colours.max() <= DEEPEST else colours >> 8, dtype=np.uint8).T[values]
        return levels
    if page.photometric != tifffile.PHOTOMETRIC.MINISWHITE or kind not in "bu":
        return values
    seen: np.ndarray = values if kind == "b" and page.software.startswith("tifffile") else ~values
    return seen
