"""Writers of small odd video files that show one picture whose upper left quarter tells the time.

The picture is black on the left and white on the right; its upper left quarter steps through ``LEVELS``.
"""

import struct
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import tifffile
from PIL import Image

SIZE = (72, 128)
LEVELS = [0, 40, 80, 120, 160, 200, 240, 200, 160, 120, 80, 40]
"""Of the pictures, each shown for a thirtieth of a second unless a writer says otherwise."""

Writer = Callable[[Path], object]


def picture(level: int, size: tuple[int, int] = SIZE) -> np.ndarray:
    """Return (height, width, 3), uint8."""
    shown = np.zeros((*size, 3), np.uint8)
    shown[:, size[1] // 2 :] = 255
    shown[: size[0] // 2, : size[1] // 2] = level
    return shown


def see_through(level: int, size: tuple[int, int] = SIZE) -> np.ndarray:
    """Return (height, width, 4), uint8: the lower half is white, and transparent."""
    opaque = np.full((size[0] // 2, size[1], 1), 255, np.uint8)
    lower = np.full((size[0] - size[0] // 2, size[1], 4), (255, 255, 255, 0), np.uint8)
    return np.concatenate([np.concatenate([picture(level, size)[: size[0] // 2], opaque], axis=2), lower])


def encoded(
    codec: str,
    pixels: str,
    *,
    size: tuple[int, int] = SIZE,
    times: Sequence[int] | None = None,
    base: int = 1000,
    paint: Callable[[int, tuple[int, int]], np.ndarray] = picture,
    shape: Fraction | None = None,
    **options: Any,
) -> Writer:
    """Return a writer by way of ffmpeg. times: when each picture is shown, in parts (base) of a second."""

    def write(path: Path) -> None:
        with av.open(str(path), "w", **options) as container:
            stream: Any = container.add_stream(codec, rate=30)
            stream.height, stream.width, stream.pix_fmt = *size, pixels
            if codec in ("libx264", "libx264rgb"):
                stream.options = {"crf": "4"}
            if shape is not None:
                stream.codec_context.sample_aspect_ratio = shape
            if times is not None:
                stream.codec_context.time_base = Fraction(1, base)
            for number, level in enumerate(LEVELS):
                painted = paint(level, size)
                frame = av.VideoFrame.from_ndarray(painted, format="rgba" if painted.shape[2] == 4 else "rgb24")
                if times is not None:
                    frame.pts, frame.time_base = times[number], Fraction(1, base)
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))

    return write


def animated(paint: Callable[[int], np.ndarray], durations: list[int], **options: Any) -> Writer:
    """Return a writer by way of Pillow; durations in milliseconds."""

    def write(path: Path) -> None:
        first, *rest = [Image.fromarray(paint(level)) for level in LEVELS]
        first.save(path, save_all=True, append_images=rest, duration=durations, **options)

    return write


def stacked(convert: Callable[[np.ndarray], np.ndarray], **options: Any) -> Writer:
    """Return a writer of TIFF stacks; convert: from (time, height, width, 3), uint8."""
    return lambda path: tifffile.imwrite(path, convert(np.stack([picture(level) for level in LEVELS])), **options)


def numbered(name: str, change: Callable[[Image.Image], Image.Image] = lambda image: image) -> Writer:
    """Return a writer of a folder of pictures, with name a pattern for their number."""

    def write(path: Path) -> None:
        path.mkdir()
        for number, level in enumerate(LEVELS):
            change(Image.fromarray(picture(level))).save(path / name.format(number))

    return write


def rotated(path: Path) -> None:
    """Write a film taken with the telephone upright: it is stored lying, with a note to turn it clockwise."""
    encoded("libx264", "yuv420p", paint=lambda level, size: np.rot90(picture(level, size[::-1])).copy())(path)
    content = bytearray(path.read_bytes())
    matrix = content.find(b"tkhd") + 44
    content[matrix : matrix + 36] = struct.pack(">9i", 0, 65536, 0, -65536, 0, 0, SIZE[0] << 16, 0, 1 << 30)
    path.write_bytes(content)


def of(writer: Writer, change: Callable[[bytes], bytes]) -> Writer:
    """Return a writer that changes the bytes of another's file."""

    def write(path: Path) -> None:
        writer(path)
        path.write_bytes(change(path.read_bytes()))

    return write


def half(content: bytes) -> bytes:
    return content[: len(content) // 2]
