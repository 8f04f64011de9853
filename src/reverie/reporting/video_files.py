"""Movies as files: mp4 that any player and browser shows, TIFF stacks that ImageJ opens with their time axis."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from typing import Final

import av
import numpy as np
import tifffile
from jaxtyping import UInt8
from PIL import Image, ImageDraw, ImageFont

from reverie.foundation.arrays import FRAME_RATE, WHITE, AnyMovie, Movie
from reverie.foundation.errors import NotApplicable, ReverieError
from reverie.foundation.files import replacing, write_bytes

GAP = 4
"""Pixels between movies that stand side by side, before scaling."""

SCALE = 6
"""Pixels of a video file along each side of a pixel of the movie."""

CODEC: Final = "libx264"
"""FFmpeg's encoder of h264, which not every build contains."""

QUALITY = "12"
"""Constant rate factor of h264: 0 is lossless, 18 looks lossless, 23 is usual."""

PRESET = "veryfast"
"""Effort of h264 to make the file smaller: half the time of `medium` for files a ninth larger; both err by less than
half a grey level."""

Frames = UInt8[np.ndarray, "time height width"]

Coloured = UInt8[np.ndarray, "time height width 3"]
"""Red, green and blue, 0-255."""

Picture = UInt8[np.ndarray, "_ _ 3"]


def side_by_side(*movies: AnyMovie) -> AnyMovie:
    """Put movies of one shape, each (time, height, width), next to each other with a black gap between them.

    Raises ReverieError when their shapes differ.

    >>> side_by_side(np.ones((2, 3, 5)), np.ones((2, 3, 5))).shape
    (2, 3, 14)
    """
    shapes = {movie.shape for movie in movies}
    if len(shapes) != 1:
        raise ReverieError(f"Movies side by side must have one shape, but these have {sorted(shapes)}.")
    gap = np.zeros((*movies[0].shape[:2], GAP), dtype=movies[0].dtype)
    pieces = [piece for movie in movies for piece in (gap, movie)]
    return np.concatenate(pieces[1:], axis=2)


def write_mp4(
    path: Path, *movies: AnyMovie, frame_rate: float = FRAME_RATE, scale: int = SCALE, labels: Sequence[str] = ()
) -> None:
    """Write movies (time, height, width), grey levels 0-255, side by side as one h264 file, whole or not at all.

    Each pixel becomes ``scale`` by ``scale`` pixels, so that nothing is smoothed. The size is padded to even numbers
    and the colours are yuv420p, which browsers require.

    Parameters
    ----------
    labels
        One for each movie, burned into a strip above it.

    Raises
    ------
    NotApplicable
        When this build of av has no h264.
    ReverieError
        When there is nothing to write, the labels do not match or the file cannot be written.
    """
    write_film(path, [Scene(movies, labels)], frame_rate=frame_rate, scale=scale)


@dataclass(frozen=True)
class Scene:
    """Movies shown side by side, each (time, height, width), grey levels 0-255, with or without their names."""

    movies: Sequence[AnyMovie]
    labels: Sequence[str] = ()


def _require_pixels(path: Path, movies: Sequence[np.ndarray]) -> None:
    if not movies or movies[0].size == 0:
        raise ReverieError(f"{path} was to hold a movie without pixels; give at least one frame.")


def write_film(path: Path, scenes: Sequence[Scene], *, frame_rate: float = FRAME_RATE, scale: int = SCALE) -> None:
    """Write scenes one after the other as ``write_mp4`` writes one; smaller ones stand in the corner of the largest.

    Raises ReverieError when there is nothing to write, labels do not match or the file cannot be written.
    """
    _require_pixels(path, [movie for scene in scenes for movie in scene.movies])
    first = [_drawn(path, Scene([movie[:1] for movie in scene.movies], scene.labels), scale) for scene in scenes]
    height, width = (max(one.shape[axis] for one in first) for axis in (1, 2))
    shown = (frame for scene in scenes for frame in _drawn(path, scene, scale))
    _encode(
        path, (np.broadcast_to(frame[..., None], (*frame.shape, 3)) for frame in shown), (height, width), frame_rate
    )


def _drawn(path: Path, scene: Scene, scale: int) -> Frames:
    movies, labels = scene.movies, scene.labels
    _require_pixels(path, movies)
    if labels and len(labels) != len(movies):
        raise ReverieError(f"{path}: {len(movies)} movies need as many labels, but {len(labels)} were given.")
    grey = np.clip(np.rint(side_by_side(*movies)), 0, WHITE).astype(np.uint8)
    frames: Frames = grey.repeat(scale, axis=1).repeat(scale, axis=2)
    if labels:
        frames = _with_labels(frames, labels, pitch=(movies[0].shape[2] + GAP) * scale)
    return frames


def write_colour_mp4(path: Path, movie: Coloured, *, frame_rate: float = FRAME_RATE) -> None:
    """Write a movie in red, green and blue (time, height, width, 3), 0-255, as ``write_mp4`` writes grey ones."""
    _require_pixels(path, [movie])
    large = movie.repeat(SCALE, axis=1).repeat(SCALE, axis=2)
    _encode(path, large, large.shape[1:3], frame_rate)


def _with_labels(frames: Frames, labels: Sequence[str], *, pitch: int) -> UInt8[np.ndarray, "time taller width"]:
    height = max(16, frames.shape[1] // 12)
    strip = Image.new("L", (frames.shape[2], height))
    font = ImageFont.load_default(size=height * 0.7)
    for index, label in enumerate(labels):
        # Each label on a picture of its own, so that a long one is cut at the edge of its movie.
        piece = Image.new("L", (pitch - height // 2, height))
        ImageDraw.Draw(piece).text((height // 4, height // 2), label, fill=255, font=font, anchor="lm")
        strip.paste(piece, (index * pitch, 0))
    header = np.broadcast_to(np.asarray(strip), (len(frames), height, frames.shape[2]))
    return np.concatenate([header, frames], axis=1)


def _encode(path: Path, frames: Iterable[Picture], size: tuple[int, ...], frame_rate: float) -> None:
    """Write pictures, none larger than ``size`` (height, width), as they come."""
    height, width = (one + one % 2 for one in size)
    options = {"crf": QUALITY, "preset": PRESET}
    rate = Fraction(frame_rate).limit_denominator(1001)
    if CODEC not in av.codecs_available:
        raise NotApplicable(f"{path} cannot be written: this build of av has no {CODEC}; `pip install av` has it.")
    with replacing(path) as file, av.open(file, "w", format="mp4") as container:
        stream = container.add_stream(CODEC, rate=rate, options=options)
        stream.height, stream.width, stream.pix_fmt = height, width, "yuv420p"
        for frame in frames:
            # Converting grey to yuv directly keeps the full range, which players stretch again; by way of rgb it is
            # mapped right.
            picture = av.VideoFrame.from_ndarray(_padded(frame, height, width), format="rgb24")
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))


def _padded(frame: Picture, height: int, width: int) -> UInt8[np.ndarray, "height width 3"]:
    return np.pad(frame, ((0, height - frame.shape[0]), (0, width - frame.shape[1]), (0, 0)))


def write_tif(path: Path, movie: Movie, frame_rate: float = FRAME_RATE) -> None:
    """Write a movie (time, height, width), grey levels 0-255, as an ImageJ hyperstack whole or not at all.

    Values are kept as they are, as float32. ImageJ shows time in seconds.
    Raises ReverieError when the movie has no frames or the file cannot be written.
    """
    _require_pixels(path, [movie])
    metadata = {"axes": "TYX", "fps": frame_rate, "finterval": 1 / frame_rate, "tunit": "s", "min": 0.0, "max": WHITE}
    # tifffile needs the name of an open file, and that of a temporary one is only a number.
    content = BytesIO()
    tifffile.imwrite(content, movie.astype(np.float32), imagej=True, metadata=metadata)
    write_bytes(path, content.getvalue())
