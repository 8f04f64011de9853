"""Read video files as movies, as a person would see them: grey, cropped and area-averaged, held to the frame rate."""

import math
import re
from collections import deque
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from jaxtyping import Float

from reverie.foundation.arrays import FRAME_RATE, FRAME_SIZE, Movie
from reverie.foundation.errors import ReverieError
from reverie.foundation.placeholders import read_start
from reverie.foundation.progress import say
from reverie.stimuli.grey import Grey, grey_levels, mix_colours
from reverie.stimuli.pictures import holds_pictures, is_picture, shown_pictures, stored_type
from reverie.stimuli.resizing import resize
from reverie.stimuli.tracks import moving_tracks, open_container, picture_track, stated_seconds
from reverie.stimuli.wholeness import require_whole

_Picture = Float[np.ndarray, "rows columns"]

NAMED_AS_VIDEO = re.compile(
    r"\.(mp4|m4v|mov|mkv|webm|avi|mpe?g|m?ts|m2ts|wmv|asf|flv|ogv|3gp|y4m|gif|webp|tiff?|apng)$", re.IGNORECASE
)
"""Endings of files that are taken for videos without opening them; others are tried."""

ALPHA_DECODERS = {"vp8": "libvpx", "vp9": "libvpx-vp9"}
"""Decoders that read the transparency stored beside WebM pictures, which the usual ones ignore."""

NOT_SAID = 0.5
"""Seconds (and a twentieth of the length) by which a video may end before its stated end without a message."""


def read_movie(
    path: Path,
    *,
    frame_size: tuple[int, int] = FRAME_SIZE,
    frame_rate: float = FRAME_RATE,
    seconds: float | None = None,
    numbered: bool = False,
    stored: bool = False,
) -> Movie:
    """Read a video file, or a folder of numbered pictures, as a movie.

    The picture is turned upright and grey (0-255, what is transparent being black), cropped around its middle to the
    shape of the frame and area-averaged; in time, each frame is the picture on show at that moment, so slower videos
    repeat pictures and faster ones lose some. Only one full-size picture is in memory at a time.

    Parameters
    ----------
    path
        A video of any kind that ffmpeg knows, a TIFF stack, an animation, or a folder of numbered pictures; pictures
        without times are taken at the frame rate.
    frame_size
        Height and width of the movie in pixels.
    frame_rate
        Frames per second of the movie.
    seconds
        How much of it to read, from its start; all by default.
    numbered
        Whether each picture is one frame, whenever it is on show, for callers that count the pictures of a file.
    stored
        Whether pictures in a stack, an animation or a folder keep the values of their files, for callers that know
        which value is white.

    Returns
    -------
    Movie
        float32, (time, height, width), grey levels 0-255.

    Raises
    ------
    ReverieError
        When the file is missing, a placeholder, no video, damaged or cut short.
    """
    if frame_rate <= 0 or min(frame_size) < 1 or (seconds is not None and seconds <= 0):
        raise ReverieError(f"{path}: frame rate, frame size and seconds must be above 0.")
    if not path.is_dir():
        _require_video(path)
    try:
        kept = stored_type(path) if holds_pictures(path) else None
        pictures = _pictures(path, frame_size, frame_rate)
        frames = list(_counted(path, pictures) if numbered else _held(pictures, frame_rate, seconds))
    except (av.FFmpegError, OSError, IndexError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ReverieError(
            f"{path} could not be read as a video ({reason}); convert it to mp4 and try again."
        ) from error
    movie = np.stack(frames)
    if kept is not None and stored:
        return movie
    return np.asarray(np.clip(movie if kept is None else grey_levels(movie, kept, path), 0.0, 255.0))


def _require_video(path: Path) -> None:
    """Raise ReverieError when a file is missing, stands in for a video, is cut short, or holds a single picture."""
    read_start(path)
    require_whole(path)
    if is_picture(path):
        raise ReverieError(f"{path} is a single picture; name a video, or a folder of numbered pictures.")


def _pictures(path: Path, frame_size: tuple[int, int], frame_rate: float) -> Iterator[tuple[float, float, _Picture]]:
    """Yield (seconds since the first frame, seconds it lasts at least, small grey picture), in order."""
    if holds_pictures(path):
        for moment, lasts, grey in shown_pictures(path, frame_rate):
            yield moment, lasts, _small(grey, frame_size)
        return
    with open_container(path) as container:
        stream = picture_track(container)
        step = 1.0 / float(stream.average_rate or 25)
        aspect = float(stream.sample_aspect_ratio or Fraction(1))
        timed = container.format.name != "avi"
        first, shown, end, count, damaged = 0.0, -step, 0.0, 0, 0
        for told, frame in _decoded(container, stream) if timed else _of_avi(container, stream):
            moment = told if told is not None else first + shown + step
            first = moment if count == 0 else first
            shown = max(shown, moment - first) if count else 0.0
            count, damaged = count + 1, damaged + bool(frame.is_corrupt)
            lasts = float(frame.duration * frame.time_base) if timed and frame.duration else step
            end = shown + lasts
            yield shown, lasts, _small(_upright(frame), frame_size, _upright_aspect(frame, aspect))
        if count < 2:
            raise ValueError("it holds a single picture" if count else "it holds no picture")
        if (tracks := len(moving_tracks(container))) > 1:
            say(f"{path} holds {tracks} picture tracks, of which the first is taken; save another in its own file.")
        _say_doubts(path, damaged, stated_seconds(container, stream), max(end, first + end))


def _decoded(container: Any, stream: Any) -> Iterator[tuple[float | None, Any]]:  # noqa: ANN401
    """Yield the frames of a track, with their transparency where there is any, each as (time or None, frame)."""
    name = ALPHA_DECODERS.get(stream.codec_context.name)
    if stream.metadata.get("alpha_mode") != "1" or name not in av.codecs_available:
        yield from ((frame.time, frame) for frame in container.decode(stream))
        return
    decoder = av.CodecContext.create(name, "r")
    for packet in container.demux(stream):
        yield from ((frame.time, frame) for frame in decoder.decode(packet))  # type: ignore[attr-defined]


def _of_avi(container: Any, stream: Any) -> Iterator[tuple[float | None, Any]]:  # noqa: ANN401
    """Yield the frames of an AVI, each as (time, frame).

    AVI stores no timestamps, but an empty packet for each dropped frame. The decoder's guesses of frame times are out
    of order where frames are coded out of order; those of packet times never are, and there are equally many.
    Frames that are coded out of order leave the decoder some packets late, by which gaps are late as well; the last of
    them, for which no packets are left, have None for a time.
    """
    times: deque[float] = deque()
    late = bool(stream.codec_context.has_b_frames)
    if late:  # threads that decode a frame each would add to the delay
        stream.thread_type = "SLICE"
    for packet in container.demux(stream):
        if packet.size and packet.dts is not None:
            times.append(float(packet.dts * packet.time_base))
        for frame in packet.decode():
            while late and len(times) > 1:
                times.popleft()
            late = False
            yield (times.popleft() if times else None), frame


def _upright(frame: Any) -> Grey:  # noqa: ANN401
    """Return one decoded frame grey and the right way up; what is transparent is black, as players show it."""
    if any(component.is_alpha for component in frame.format.components):
        grey = mix_colours(frame.to_ndarray(format="rgba").astype(np.float32))
    else:
        grey = frame.to_ndarray(format="gray").astype(np.float32)
    return np.rot90(grey, _quarter_turns(frame))


def _upright_aspect(frame: Any, aspect: float) -> float:  # noqa: ANN401
    return 1.0 / aspect if _quarter_turns(frame) % 2 else aspect


def _quarter_turns(frame: Any) -> int:  # noqa: ANN401
    return round(getattr(frame, "rotation", 0) / 90) % 4


def _small(grey: Grey, frame_size: tuple[int, int], aspect: float = 1.0) -> _Picture:
    small: _Picture = resize(grey[None], frame_size, pixel_aspect=aspect)[0]
    return small


def _say_doubts(path: Path, damaged: int, stated: float, end: float) -> None:
    if damaged:
        say(f"{path}: {damaged} pictures are damaged; they are shown as players show them.")
    if stated - end > max(NOT_SAID, 0.05 * stated):
        say(f"{path} says that it lasts {stated:.1f} s but ends after {end:.1f} s; is it whole?")


def _counted(path: Path, pictures: Iterator[tuple[float, float, _Picture]]) -> Iterator[_Picture]:
    """Yield every picture; print a message where they are unevenly timed, so that numbers and times differ."""
    moments = []
    for shown, _, picture in pictures:
        moments.append(shown)
        yield picture
    # Compared with a steady rate, since containers round times, often to 1 ms, and a sum of rounded steps drifts.
    steady = np.linspace(moments[0], moments[-1], len(moments)) if moments else np.zeros(0)
    if len(moments) > 1 and np.abs(moments - steady).max() > np.median(np.diff(moments)) / 2:
        say(f"{path} shows its pictures at uneven times; here they are counted, as the recording does.")


def _held(
    pictures: Iterator[tuple[float, float, _Picture]], frame_rate: float, seconds: float | None
) -> Iterator[_Picture]:
    """Yield the picture on show at each tick of the frame rate."""
    wanted = math.inf if seconds is None else max(1, round(seconds * frame_rate))
    tick, current, end = 0, None, 0.0
    # Timestamps are rounded by containers (often to 1 ms); a tick that falls just before its frame still shows it.
    slack = 0.1 / frame_rate
    for shown, lasts, picture in pictures:
        while current is not None and tick < wanted and tick / frame_rate < shown - slack:
            yield current
            tick += 1
        if tick >= wanted:
            return
        current, end = picture, shown + lasts
    while current is not None and tick < wanted and tick / frame_rate < end - slack:
        yield current
        tick += 1
