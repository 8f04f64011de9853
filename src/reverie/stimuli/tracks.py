"""Opening video files: their video track, its frame rate, and its stated duration."""

from pathlib import Path
from typing import Any

import av
import numpy as np
from av.stream import Disposition

UNEVEN = 0.05
"""Relative difference between usual and mean picture rate from which on pictures count as unevenly timed."""

FORGIVING = 19
"""From this version on, av has no option for wrongly encoded metadata, and accepts them anyway."""


def open_container(path: Path) -> Any:  # noqa: ANN401 - av ships few types
    """Return a video file, opened; raises what av raises.

    Metadata are often wrongly encoded in old files, and none are used here. From version 19 on, av accepts them anyway.
    """
    lenient: dict[str, Any] = {} if int(av.__version__.split(".")[0]) >= FORGIVING else {"metadata_errors": "ignore"}
    return av.open(str(path.absolute()), **lenient)


def plays(path: Path) -> bool:
    """Return whether a file of any name is a video; a pipe or a device is none."""
    if not path.is_file():
        return False
    try:
        with open_container(path) as container:
            picture_track(container)
            return not container.format.name.endswith("_pipe")  # ffmpeg's formats of single pictures
    except (av.FFmpegError, OSError, ValueError, IndexError):
        return False


def usual_picture_rate(container: Any, stream: Any) -> float | None:  # noqa: ANN401 - av ships few types
    """Return the pictures per second of a track, None where the file does not show them.

    Where pictures are unevenly timed, this is the rate of the median step. The mean would be wrong for a film that
    stands still at times, or that leaves out pictures like those before.
    """
    mean = float(stream.average_rate or 0)
    if not mean or abs(float(stream.base_rate or 0) - mean) < 1e-3 * mean:
        return mean or None
    container.seek(0)
    avi = container.format.name == "avi"  # which has no times, only an order of packets
    packets = [packet.dts if avi else packet.pts for packet in container.demux(stream) if packet.size]
    times = np.unique([time for time in packets if time is not None])
    step = float(np.median(np.diff(times)) * stream.time_base) if len(times) > 2 else 0.0
    return 1 / step if step > 0 and abs(1 / step - mean) > UNEVEN * mean else mean


def picture_track(container: Any) -> Any:  # noqa: ANN401 - av ships few types
    """Return the track that is a video, not the cover of a piece of music; raises ValueError when there is none."""
    moving = moving_tracks(container)
    if not moving:
        raise ValueError("it has no picture track")
    moving[0].thread_type = "AUTO"
    return moving[0]


def moving_tracks(container: Any) -> list[Any]:  # noqa: ANN401 - av ships few types
    """Return all tracks that are videos, of which the first is shown."""
    # The library would play any text file as terminal art.
    tracks = [] if container.format.name == "tty" else container.streams.video
    return [track for track in tracks if not track.disposition & Disposition.attached_pic]


def stated_seconds(container: Any, stream: Any) -> float:  # noqa: ANN401
    """Return the length that a video states, seconds; 0 where it states none."""
    if stream.duration is not None:
        return float(stream.duration * stream.time_base)
    words = stream.metadata.get("DURATION", "").split(":")
    if len(words) == 3:
        hours, minutes, seconds = (float(word) for word in words)
        return 3600 * hours + 60 * minutes + seconds
    return float((container.duration or 0) / av.time_base)
