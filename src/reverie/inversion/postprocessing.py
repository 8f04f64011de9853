"""Processing of reconstructed movies, without the responses: averaging over models, blurring, masking.

To combine the gradients of several models instead of their movies, use several observations in one problem.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import Bool, Float
from scipy.ndimage import gaussian_filter

from reverie.foundation.arrays import GREY, WHITE, Mask, Movie
from reverie.foundation.errors import ReverieError
from reverie.inversion.solution import Solution

LARGEST_BLUR = 100.0
"""Largest sigma of a blur, in frames and pixels; a wider blur would leave nothing of a movie."""


def average(reconstructions: Sequence[Solution]) -> Solution:
    """Return the mean movie of several models, and its standard deviation over models.

    std is the movies' standard deviation at each pixel and frame, None for a single movie without one; where each movie
    has its own, the mean of their variances is added. The trace holds the steps of one model after the other; seconds
    and passes are summed. Source: Bauer et al. 2026 (seven models, video correlation 0.569 rather than 0.444). Raises
    ReverieError when there is none, or the movies differ in shape.
    """
    shapes = {reconstruction.movie.shape for reconstruction in reconstructions}
    if len(shapes) != 1:
        raise ReverieError(
            f"Only reconstructions of one movie can be averaged, at least one, but their shapes are {sorted(shapes)}."
        )
    if len(reconstructions) == 1:
        return reconstructions[0]
    movies = np.stack([reconstruction.movie for reconstruction in reconstructions]).astype(np.float64)
    return replace(
        reconstructions[0],
        movie=movies.mean(axis=0).astype(np.float32),
        std=np.sqrt(movies.var(axis=0) + _mean_variance(reconstructions)).astype(np.float32),
        information=_mean_information(reconstructions),
        trace=tuple(line for reconstruction in reconstructions for line in reconstruction.trace),
        seconds=sum(reconstruction.seconds for reconstruction in reconstructions),
        passes=sum(reconstruction.passes for reconstruction in reconstructions),
    )


def _mean_variance(reconstructions: Sequence[Solution]) -> Float[np.ndarray, "..."]:
    stds = [each.std for each in reconstructions if each.std is not None]
    return np.mean(np.square(stds), axis=0) if len(stds) == len(reconstructions) else np.zeros(())


def _mean_information(reconstructions: Sequence[Solution]) -> Mask | None:
    maps = [each.information for each in reconstructions if each.information is not None]
    return np.asarray(np.mean(maps, axis=0), dtype=np.float32) if len(maps) == len(reconstructions) else None


def blur(movie: Movie, sigma: float = 0.5) -> Movie:
    """Blur a movie (time, height, width) with a Gaussian of ``sigma`` frames and pixels.

    At the edges the movie is mirrored; 0 leaves it as it is. Source: Bauer et al. 2026, Methods (0.5 in t, y and x).
    Raises ReverieError when sigma is negative or larger than ``LARGEST_BLUR``.

    >>> float(blur(np.full((3, 4, 4), 80.0, np.float32)).mean())
    80.0
    """
    if not 0 <= sigma <= LARGEST_BLUR:
        raise ReverieError(f"A movie cannot be blurred by {sigma} pixels; choose 0 to {LARGEST_BLUR:g}.")
    blurred: Movie = gaussian_filter(movie, sigma)
    return blurred


def grey_outside(movie: Movie, region: Bool[np.ndarray, "height width"]) -> Movie:
    """Return the movie with every pixel outside the region at the grey of a blank screen (127.5)."""
    return np.where(region, movie, np.float32(GREY)).astype(np.float32)


def match_luminance_and_contrast(movie: Movie, truth: Movie, region: Bool[np.ndarray, "height width"]) -> Movie:
    """Give a movie the mean and standard deviation of the truth, for display only.

    Both are computed over all pixels of the region and all frames; the result is clipped to 0-255 and grey outside the
    region. Neither can be reconstructed from the responses (Bauer et al. 2026), so this takes them from the truth.
    Raises ReverieError when the region is empty.
    """
    if not region.any():
        raise ReverieError(
            "The region to match brightness in has no pixel; estimate the mask with an encoder that predicts better."
        )
    found, true = movie[:, region].astype(np.float64), truth[:, region].astype(np.float64)
    contrast = _ratio(true, found)
    matched = (movie - found.mean()) * contrast + true.mean()
    return grey_outside(matched.clip(0, WHITE).astype(np.float32), region)


def _ratio(true: Float[np.ndarray, "time pixel"], found: Float[np.ndarray, "time pixel"]) -> float:
    # A blank movie has no contrast to scale; only its mean is set.
    return float(true.std() / found.std()) if found.std() > 0 else 0.0
