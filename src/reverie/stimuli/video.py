"""Read video files as movies: grey, cropped and area-averaged to the frame, held to the frame rate."""

import math
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from jaxtyping import Float

from reverie.foundation.arrays import FRAME_RATE, FRAME_SIZE, Movie
from reverie.foundation.errors import ReverieError
from reverie.stimuli.resizing import resize

_Picture = Float[np.ndarray, "height width"]


def read_movie(
    path: Path,
    *,
    frame_size: tuple[int, int] = FRAME_SIZE,
    frame_rate: float = FRAME_RATE,
    start: float = 0.0,
    seconds: float | None = None,
) -> Movie:
    """Read a video file as a movie.

    The picture is turned grey (0-255), cropped around its middle to the shape of ``frame_size`` and area-averaged;
    in time, each frame is the one the video shows at that moment, so slower videos are held and faster ones thinned.
    ``start`` and ``seconds`` choose a stretch; without ``seconds`` it lasts to the end. Only one full-size picture is
    in memory at a time. Returns float32 (time, *frame_size).

    Raises ReverieError when the file is missing, is no video, is damaged, or ends before ``start``.
    """
    if frame_rate <= 0 or min(frame_size) < 1 or start < 0 or (seconds is not None and seconds <= 0):
        raise ReverieError(f"{path}: frame rate, frame size and seconds must be above 0 and start at least 0.")
    if not path.is_file():
        raise ReverieError(f"{path} is missing or not a file; give a video file.")
    try:
        frames = list(_held(_pictures(path, frame_size), frame_rate, start, seconds))
    except (av.FFmpegError, IndexError, ValueError) as error:
        raise ReverieError(
            f"{path} could not be read as a video ({error}); convert it to mp4 and try again."
        ) from error
    if not frames:
        raise ReverieError(f"{path} shows nothing from {start} s on; choose an earlier start or another file.")
    return np.asarray(np.clip(np.stack(frames), 0.0, 255.0))


def _pictures(path: Path, frame_size: tuple[int, int]) -> Iterator[tuple[float, float, _Picture]]:
    """Yield (seconds since the first frame, seconds it lasts at least, small grey picture), in order."""
    # Metadata is often mis-encoded in old files and none of it is used here.
    with av.open(str(path), metadata_errors="ignore") as container:
        # The library would play any text file as terminal art.
        if not container.streams.video or container.format.name == "tty":
            raise ValueError("it has no picture track")
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        step = 1.0 / float(stream.average_rate or 25)
        aspect = float(stream.sample_aspect_ratio or Fraction(1))
        # AVI keeps no timestamps; the guesses made for it are out of order where frames are coded out of order.
        timed = container.format.name != "avi"
        first, shown, count = 0.0, -step, 0
        for frame in container.decode(stream):
            moment = frame.time if timed and frame.time is not None else first + shown + step
            first = moment if count == 0 else first
            shown = max(shown, moment - first) if count else 0.0
            count += 1
            yield shown, step, _small(frame, frame_size, aspect)
        if count == 1:
            raise ValueError("it holds a single picture")


def _small(frame: Any, frame_size: tuple[int, int], aspect: float) -> _Picture:  # noqa: ANN401 - av ships few types
    """Return one decoded frame upright, grey and averaged down; float32, (height, width)."""
    grey = frame.to_ndarray(format="gray")
    quarter_turns = round(getattr(frame, "rotation", 0) / 90) % 4
    upright = np.rot90(grey, quarter_turns)
    upright_aspect = 1.0 / aspect if quarter_turns % 2 else aspect
    small: _Picture = resize(upright[None].astype(np.float32), frame_size, pixel_aspect=upright_aspect)[0]
    return small


def _held(
    pictures: Iterator[tuple[float, float, _Picture]], frame_rate: float, start: float, seconds: float | None
) -> Iterator[_Picture]:
    """Yield the picture on show at each tick of the frame rate from ``start`` on."""
    wanted = math.inf if seconds is None else max(1, round(seconds * frame_rate))
    tick, current, end = 0, None, 0.0
    # Timestamps are rounded by containers (often to 1 ms); a tick that falls just before its frame still shows it.
    slack = 0.1 / frame_rate
    for shown, step, picture in pictures:
        while current is not None and tick < wanted and start + tick / frame_rate < shown - slack:
            yield current
            tick += 1
        if tick >= wanted:
            return
        current, end = picture, shown + step
    while current is not None and tick < wanted and start + tick / frame_rate < end - slack:
        yield current
        tick += 1
