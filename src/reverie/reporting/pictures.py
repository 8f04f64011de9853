"""Arrays as small pictures that travel inside a page, and the outlines of regions, along the edges of their pixels."""

from base64 import b64encode
from collections.abc import Sequence
from io import BytesIO

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image

from reverie.foundation.arrays import WHITE, Movie
from reverie.scoring.correlation import Region

LARGEST_CANVAS = 16_000
"""Largest side of a canvas, in pixels, that every browser can draw."""

GAP = 2
"""Pixels between the frames of a strip, and between the movies of a contact sheet."""

STRIP_FRAMES = 6
"""Number of frames in a strip."""


def grey_levels(values: Float[np.ndarray, "..."], top: float = WHITE) -> UInt8[np.ndarray, "..."]:
    """Round values between 0 and ``top`` to the 256 levels of a picture; what lies outside is clipped, NaN is 0.

    >>> grey_levels(np.array([-3.0, 0.5, 1.0, 9.0]), top=1.0)
    array([  0, 128, 255, 255], dtype=uint8)
    """
    levels = np.nan_to_num(values * (WHITE / top))
    return np.asarray(np.floor(np.clip(levels, 0, WHITE) + 0.5), dtype=np.uint8)


def std_scale_end(std: Movie) -> float:
    """Return the upper end of a scale of standard deviations: the largest of them, but at most half of white.

    No values between black and white have a standard deviation above half of their distance. In corners that no neuron
    sees, a few draws from a Gaussian may exceed it, which would leave few colours for everything else.
    """
    return min(float(np.nanmax(std)), WHITE / 2) or 1.0


def picture(levels: UInt8[np.ndarray, "height width"]) -> str:
    """Return a grey picture as the data URL of a lossless PNG."""
    return data_url(_png(Image.fromarray(np.ascontiguousarray(levels))))


def transparent_png(values: Float[np.ndarray, "height width"]) -> bytes:
    """Return a picture of grey levels 0-255 as PNG; NaN lets the page shine through."""
    opaque = np.isfinite(values).astype(np.uint8) * 255
    return _png(Image.merge("LA", [Image.fromarray(grey_levels(values)), Image.fromarray(opaque)]))


def data_url(png: bytes) -> str:
    """Return the data URL of a PNG."""
    return "data:image/png;base64," + b64encode(png).decode()


def _png(image: Image.Image) -> bytes:
    stream = BytesIO()
    image.save(stream, "PNG", compress_level=6)
    return stream.getvalue()


def movie_sheet(movie: Movie, top: float = WHITE) -> str:
    """Return a movie (time, height, width), values 0 to ``top``, as the data URL of one lossless PNG.

    One row of the picture is one frame laid out flat, pixel after pixel. PNG predicts a row from the row above,
    which here is the frame before: that is a third smaller than frames laid out as pictures.
    """
    time, height, width = movie.shape
    # A frame too large for one row takes several complete rows; the order of the pixels stays the same.
    rows = next(
        rows for rows in range(1, height + 1) if height % rows == 0 and height // rows * width <= LARGEST_CANVAS
    )
    return picture(grey_levels(movie, top).reshape(time * rows, height // rows * width))


def evenly_placed(frames: int, count: int) -> list[int]:
    """Return ``count`` frame numbers in the middle of equal parts of a movie, or every frame of a shorter one.

    >>> evenly_placed(300, 5)
    [30, 90, 150, 210, 270]
    """
    count = min(count, frames)
    return [int(frames * (part + 0.5) / count) for part in range(count)]


def film_strip(movie: Movie, chosen: list[int]) -> Float[np.ndarray, "height length"]:
    """Lay chosen frames of a movie (time, height, width) side by side; the gaps between them are NaN.

    >>> film_strip(np.zeros((9, 3, 5)), [0, 4]).shape
    (3, 12)
    """
    frames = np.pad(movie[chosen].astype(np.float32), ((0, 0), (0, 0), (0, GAP)), constant_values=np.nan)
    strip = np.concatenate(list(frames), axis=1)
    return strip[:, : strip.shape[1] - GAP]


def contact_sheet(movies: Sequence[Movie], count: int) -> Float[np.ndarray, "heights length"]:
    """Lay evenly placed frames of several movies (time, height, width) out as rows below each other; gaps are NaN."""
    rows = [film_strip(movie, evenly_placed(len(movie), count)) for movie in movies]
    sheet = np.concatenate([np.pad(row, ((0, GAP), (0, 0)), constant_values=np.nan) for row in rows])
    return sheet[:-GAP]


def outline(region: Region) -> str:
    """Return the edges between inside and outside as an SVG path in pixel units; the picture's own edge counts.

    >>> outline(np.array([[True]]))
    'M0 0h1M0 1h1M0 0v1M1 0v1'
    """
    padded = np.pad(region, 1)
    across = np.argwhere(padded[1:, 1:-1] != padded[:-1, 1:-1])
    down = np.argwhere(padded[1:-1, 1:] != padded[1:-1, :-1])
    return "".join([_runs(across, "h"), _runs(down[:, ::-1], "v")])


def outside_path(region: Region) -> str:
    """Return the pixels outside a region as an SVG path to be filled, a rectangle per run of pixels, in pixel units.

    >>> outside_path(np.array([[True, False, False], [True, True, True]]))
    'M1 0h2v1h-2z'
    """
    parts = []
    for line, start, length in _spans(np.argwhere(~region)):
        parts.append(f"M{start} {line}h{length}v1h-{length}z")
    return "".join(parts)


def _runs(places: np.ndarray, direction: str) -> str:
    parts = []
    for line, start, length in _spans(places):
        x, y = (start, line) if direction == "h" else (line, start)
        parts.append(f"M{x} {y}{direction}{length}")
    return "".join(parts)


def _spans(places: np.ndarray) -> list[tuple[int, int, int]]:
    """Join (line, place) pairs that follow each other on a line into (line, first place, length)."""
    if not len(places):
        return []
    places = places[np.lexsort((places[:, 1], places[:, 0]))]
    breaks = np.flatnonzero((np.diff(places[:, 0]) != 0) | (np.diff(places[:, 1]) != 1)) + 1
    starts = np.concatenate([[0], breaks])
    lengths = np.diff(np.append(starts, len(places)))
    return [(int(line), int(first), int(length)) for (line, first), length in zip(places[starts], lengths, strict=True)]
