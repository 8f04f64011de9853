"""A moving camera over a larger clip: gives footage the motion and the cuts of the Sensorium 2023 movies."""

import numpy as np
from jaxtyping import Float, Int

from reverie.foundation.arrays import FRAME_RATE, FRAME_SIZE, Movie
from reverie.foundation.errors import ReverieError
from reverie.stimuli.resizing import box_weights

SHOT_SECONDS = (1.7, 10.0)
"""Range of shot lengths of naturalistic movies, seconds; in clips of 10 s the median shot then lasts 3.3 s, as in the
natural movies of Sensorium 2023."""

PIXELS_PER_SECOND = (2.0, 12.0)
"""Range of the camera's typical speed, pixels of the new movie per second."""

SMOOTHNESS = 15.0
"""Correlation time of the camera's velocity, frames."""

_Footage = Float[np.ndarray, "moments tall wide"]


def sweep(
    source: _Footage,
    frames: int,
    generator: np.random.Generator,
    *,
    frame_size: tuple[int, int] = FRAME_SIZE,
    shot_seconds: tuple[float, float] = SHOT_SECONDS,
    zoom: tuple[float, float] = (0.4, 0.8),
) -> Movie:
    """Film a clip again with a window that glides over it, in shots with cuts between them.

    Each shot starts at a random moment of the source, which keeps playing (backwards once its end is reached). Returns
    (frames, *frame_size).

    Parameters
    ----------
    source
        (time, height, width), preferably at least twice the frame's size.
    frames
        How many to film.
    shot_seconds
        Range of shot lengths.
    zoom
        Range of the window's size, as a share of the largest window of the frame's shape that fits.

    Raises
    ------
    ReverieError
        When the ranges make no sense.
    """
    if frames < 1 or not 0 < zoom[0] <= zoom[1] <= 1 or not 0 < shot_seconds[0] <= shot_seconds[1]:
        raise ReverieError(f"A sweep needs frames >= 1, 0 < zoom <= 1 and shots > 0 s (got {frames}, {zoom}).")
    shots = []
    for length in shot_lengths(frames, shot_seconds, generator):
        speed = generator.uniform(*PIXELS_PER_SECOND) / FRAME_RATE
        shots.append(_film(source, length, generator.uniform(*zoom), speed, frame_size, generator))
    return np.concatenate(shots)


def shot_lengths(frames: int, shot_seconds: tuple[float, float], generator: np.random.Generator) -> list[int]:
    """Divide a movie into shots: lengths in frames that sum to ``frames``, even on a log scale over a range in seconds.

    >>> sum(shot_lengths(300, (2.0, 4.0), np.random.default_rng(0)))
    300
    """
    shortest = max(1, round(shot_seconds[0] * FRAME_RATE))
    spread = np.log(max(shot_seconds[1] * FRAME_RATE, shortest) / shortest)
    lengths: list[int] = []
    while (left := frames - sum(lengths)) > 0:
        length = round(shortest * np.exp(generator.uniform(0.0, spread)))
        # A last shot shorter than the range is joined to the one before it.
        lengths.append(left if left - length < shortest // 2 else min(length, left))
    return lengths


def glide(frames: int, speed: float, generator: np.random.Generator) -> Float[np.ndarray, "2 {frames}"]:
    """Return a smooth random path (rows, columns) that starts at 0 and moves ``speed`` pixels per frame on average."""
    # Steady drift plus two slow waves: unlike a random walk, its acceleration is bounded.
    time = np.arange(frames)
    periods = SMOOTHNESS * generator.uniform(3.0, 8.0, (2, 2, 1))
    phases = generator.uniform(0.0, 2 * np.pi, (2, 2, 1))
    sway = np.sin(2 * np.pi * time / periods + phases) * periods / (2 * np.pi)
    path = generator.normal(size=(2, 1)) * time + (generator.normal(size=(2, 2, 1)) * sway).sum(axis=1)
    path = path - path[:, :1]
    steps = np.linalg.norm(np.diff(path, axis=1), axis=0)
    return np.asarray(path * (speed / max(float(steps.mean()), 1e-9) if frames > 1 else 1.0))


def _film(
    source: _Footage,
    length: int,
    zoom: float,
    speed: float,
    frame_size: tuple[int, int],
    generator: np.random.Generator,
) -> Movie:
    """Film one shot of ``length`` frames with one window size."""
    height, width = source.shape[1:]
    scale = zoom * min(height / frame_size[0], width / frame_size[1])
    window = np.array(frame_size) * scale
    room = np.array([height, width]) - window
    path = glide(length, speed * scale, generator) + generator.uniform(0.0, 1.0, (2, 1)) * room[:, None]
    corners = bounce(path, room[:, None])
    extents = np.ones(length)
    rows = box_weights(corners[0], extents * window[0], frame_size[0], height).astype(np.float32)
    columns = box_weights(corners[1], extents * window[1], frame_size[1], width).astype(np.float32)
    seen = source[_ping_pong(int(generator.integers(len(source))), length, len(source))]
    return np.asarray(rows @ seen @ columns.transpose(0, 2, 1), dtype=np.float32)


def bounce(path: Float[np.ndarray, "2 time"], room: Float[np.ndarray, "2 1"]) -> Float[np.ndarray, "2 time"]:
    """Reflect a path at 0 and ``room``."""
    safe = np.maximum(room, 1e-9)
    folded = np.mod(path, 2 * safe)
    return np.asarray(np.clip(np.minimum(folded, 2 * safe - folded), 0.0, np.maximum(room, 0.0)))


def _ping_pong(first: int, length: int, available: int) -> Int[np.ndarray, " time"]:
    """Return frame numbers that count up from ``first`` and reverse at the clip's ends."""
    period = max(1, 2 * available - 2)
    position = (first + np.arange(length)) % period
    return np.minimum(position, period - position)
