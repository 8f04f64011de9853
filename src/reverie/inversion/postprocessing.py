"""What is done to a movie after it was found: blur, mask, brightness and contrast; none of it looks at responses."""

import numpy as np
from jaxtyping import Bool, Float
from scipy.ndimage import gaussian_filter

from reverie.foundation.arrays import GREY, WHITE, Movie
from reverie.foundation.errors import ReverieError


def blur(movie: Movie, sigma: float = 0.5) -> Movie:
    """Blur a movie (time, height, width) with a Gaussian of ``sigma`` frames and pixels.

    At the edges the movie is mirrored; 0 leaves it as it is. Source: Bauer et al. 2026, Methods (0.5 in t, y and x).
    Raises ReverieError when sigma is negative.

    >>> float(blur(np.full((3, 4, 4), 80.0, np.float32)).mean())
    80.0
    """
    if not sigma >= 0:
        raise ReverieError(f"A movie cannot be blurred by {sigma} pixels; choose 0 or more.")
    blurred: Movie = gaussian_filter(movie, sigma)
    return blurred


def grey_outside(movie: Movie, region: Bool[np.ndarray, "height width"]) -> Movie:
    """Return the movie with every pixel outside the region at the grey of a blank screen (127.5)."""
    return np.where(region, movie, np.float32(GREY)).astype(np.float32)


def match_luminance_and_contrast(movie: Movie, truth: Movie, region: Bool[np.ndarray, "height width"]) -> Movie:
    """Give a movie the mean and standard deviation of the truth, for display only.

    Both are taken over all pixels of the region and all frames; the result is cut to 0-255 and grey outside the
    region. Neither can be read from the responses (Bauer et al. 2026): this borrows them from the truth.
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
    # A blank movie has no contrast to stretch; it only takes the mean.
    return float(true.std() / found.std()) if found.std() > 0 else 0.0
