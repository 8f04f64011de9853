"""The shots of a movie, and its parts that are scored on their own: static, dynamic, and the pattern of each frame.

On nearly still clips a wrong moment of the right scene scores almost as well as the right one; only the dynamic part
distinguishes them. The brightness of the whole frame makes up so much of a natural movie's variance that the video
correlation is largely a score of brightness; the pattern is the movie without it.
"""

import numpy as np
from jaxtyping import Float, Int

from reverie.foundation.arrays import Movie
from reverie.scoring.correlation import Region, pearson, pixels, video_correlation
from reverie.scoring.image_quality import motion_energy

ShotStarts = Int[np.ndarray, " shot"]
"""The first frame of every shot, in order; the first is 0."""

LEAST_EXCESS = 0.15
"""Least excess of a cut over the motion around it, as a share of the picture's contrast; two unrelated pictures differ
by about 1.1 times their contrast."""

ALLOWANCE = 1.25
"""Multiple of the motion around a frame that its change may reach before the rest counts as excess."""

LEAST_CONTRAST = 8.0
"""Smallest contrast of a picture, grey levels, so that noise on a blank screen is not taken for a cut."""

NEIGHBOURHOOD = 15
"""Frames on either side from which the change without a cut is estimated (half a second at 30 Hz)."""

LEAST_CLIP_FRAMES = 4
"""Fewest frames of a clip in which one difference can be compared with its neighbours."""


def static_part(movie: Movie, shots: ShotStarts) -> Float[np.ndarray, "time height width"]:
    """Return each pixel's temporal mean within its shot, at every frame of the shot; double precision.

    >>> movie = np.array([1.0, 3.0, 10.0, 10.0]).reshape(4, 1, 1)
    >>> static_part(movie, np.array([0, 2])).ravel().tolist()
    [2.0, 2.0, 10.0, 10.0]
    """
    lengths = np.diff(np.append(shots, len(movie)))
    first = np.repeat(movie[shots].astype(np.float64), lengths, axis=0)
    # The mean is taken relative to the shot's first frame, so that a still pixel's dynamic part is exactly zero.
    drift = np.add.reduceat(movie - first, shots, axis=0) / lengths[:, None, None]
    return np.asarray(first + np.repeat(drift, lengths, axis=0))


def dynamic_part(movie: Movie, shots: ShotStarts) -> Float[np.ndarray, "time height width"]:
    """Return what is left of the movie without its static part: its mean within every shot and pixel is 0."""
    return np.asarray(movie - static_part(movie, shots))


def static_correlation(reconstruction: Movie, truth: Movie, shots: ShotStarts, region: Region | None = None) -> float:
    """Return the video correlation of the static parts inside the region; the shots are those of the truth."""
    return video_correlation(static_part(reconstruction, shots), static_part(truth, shots), region)


def dynamic_correlation(reconstruction: Movie, truth: Movie, shots: ShotStarts, region: Region | None = None) -> float:
    """Return the video correlation of the dynamic parts inside the region; NaN when the truth stands still."""
    return video_correlation(dynamic_part(reconstruction, shots), dynamic_part(truth, shots), region)


def pattern(movie: Movie, region: Region | None = None) -> Float[np.ndarray, "time pixel"]:
    """Return the pixels inside the region without each frame's own mean over them; double precision.

    >>> pattern(np.array([[[1.0, 3.0]], [[10.0, 10.0]]])).tolist()
    [[-1.0, 1.0], [0.0, 0.0]]
    """
    seen = pixels(movie, region)
    # The mean is taken relative to the first pixel, so that the pattern of a uniform frame is exactly zero.
    apart = seen - seen[:, :1].astype(np.float64)
    return np.asarray(apart - apart.mean(axis=1, keepdims=True))


def pattern_correlation(reconstruction: Movie, truth: Movie, region: Region | None = None) -> float:
    """Return the video correlation of the patterns: as if both movies had no brightness of the frame as a whole.

    NaN when every frame of the truth is uniform.
    """
    return float(pearson(pattern(reconstruction, region).ravel(), pattern(truth, region).ravel()))


def dynamic_share(movie: Movie, shots: ShotStarts, region: Region | None = None) -> float:
    """Return the share (0 to 1) of the movie's variance over pixels × frames that is dynamic; NaN for a blank movie.

    The two parts are orthogonal, so their variances add up to that of the movie.
    """
    moving = float(pixels(dynamic_part(movie, shots), region).var())
    still = float(pixels(static_part(movie, shots), region).var())
    return moving / (moving + still) if moving + still > 0 else float("nan")


def shot_starts(movie: Movie) -> ShotStarts:
    """Return the first frame of every shot, in order, beginning with 0.

    A cut is a frame whose mean absolute difference from the one before exceeds the differences around it by a good part
    of the picture's contrast. Fast motion, held frames, flicker and noise raise the neighbouring differences too and
    are not cuts; neither are fades; a flash of one frame is a shot of its own. Differences are compared with the second
    largest within half a second, so that two cuts may lie close together. Clips of fewer than four frames are one shot.

    Parameters
    ----------
    movie
        (time, height, width), grey levels.

    Examples
    --------
    >>> movie = np.zeros((40, 4, 4), dtype=np.float32)
    >>> movie[25:] = 200
    >>> shot_starts(movie).tolist()
    [0, 25]
    """
    if len(movie) < LEAST_CLIP_FRAMES:
        return np.zeros(1, dtype=np.intp)
    change = motion_energy(movie).astype(np.float64)
    contrast = pixels(movie, None).std(axis=1, dtype=np.float64)
    contrast = np.maximum((contrast[1:] + contrast[:-1]) / 2, LEAST_CONTRAST)
    cut = change - ALLOWANCE * _second_largest_nearby(change) > LEAST_EXCESS * contrast
    return np.concatenate([[0], np.flatnonzero(cut) + 1])


def _second_largest_nearby(change: Float[np.ndarray, " pair"]) -> Float[np.ndarray, " pair"]:
    padded = np.pad(change, NEIGHBOURHOOD)
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * NEIGHBOURHOOD + 1)
    others = np.delete(windows, NEIGHBOURHOOD, axis=1)
    return np.asarray(np.partition(others, -2, axis=1)[:, -2])
