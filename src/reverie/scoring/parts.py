"""The video correlation split in two: what stays within a shot (static) and what moves (dynamic).

On nearly still clips a wrong moment of the right scene scores almost as well as the right one; only the dynamic
part tells them apart.
"""

import numpy as np
from jaxtyping import Float, Int

from reverie.foundation.arrays import Movie
from reverie.scoring.correlation import Region, pixels, video_correlation

ShotStarts = Int[np.ndarray, " shot"]
"""The first frame of every shot, in order; the first is 0."""


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


def dynamic_share(movie: Movie, shots: ShotStarts, region: Region | None = None) -> float:
    """Return the share (0 to 1) of the movie's variance over pixels × frames that is dynamic; NaN for a blank movie.

    The two parts are orthogonal, so their variances add up to that of the movie.
    """
    moving = float(pixels(dynamic_part(movie, shots), region).var())
    still = float(pixels(static_part(movie, shots), region).var())
    return moving / (moving + still) if moving + still > 0 else float("nan")
