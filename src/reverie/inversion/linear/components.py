"""The principal components of movie frames: far fewer numbers than pixels, and all that responses can tell."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float
from scipy.linalg import eigh
from scipy.ndimage import gaussian_filter

from reverie.foundation.arrays import GREY, Movie

Scores = Float[np.ndarray, "frame component"]
"""How much of each component a frame holds, in grey levels."""


COARSE: Final = 1.0
"""Gaussian sigma in pixels of the blur that brings coarse components to the front."""


@dataclass(frozen=True)
class PictureComponents:
    """Pictures as a mean and orthonormal components: mean (height, width), basis (component, pixel)."""

    mean: Float[np.ndarray, "height width"]
    basis: Float[np.ndarray, "component pixel"]

    def encode(self, movie: Movie) -> Scores:
        """Return the scores of every frame."""
        scores: Scores = (movie - self.mean).reshape(len(movie), -1) @ self.basis.T
        return scores

    def decode(self, scores: Scores) -> Movie:
        """Return the pictures that have these scores, (time, height, width)."""
        pictures: Movie = (scores @ self.basis).reshape(-1, *self.mean.shape) + self.mean
        return pictures


@dataclass(frozen=True)
class PictureMoments:
    """Mean picture (height, width) and covariance (pixel, pixel) of the frames of movies."""

    mean: Float[np.ndarray, "height width"]
    covariance: Float[np.ndarray, "pixel pixel"]

    @classmethod
    def of(cls, movies: Iterable[Movie]) -> "PictureMoments":
        """Measure them; movies are not kept."""
        total = square = None
        frames = 0
        for movie in movies:
            pixels = np.asarray(movie, dtype=np.float32).reshape(len(movie), -1)
            # Centred on the middle grey, single precision holds the products; the sums are double.
            pixels = pixels - np.float32(GREY)
            total = pixels.sum(axis=0, dtype=np.float64) + (0 if total is None else total)
            square = (pixels.T @ pixels).astype(np.float64) + (0 if square is None else square)
            frames, size = frames + len(pixels), movie.shape[1:]
        assert total is not None
        assert square is not None
        mean = total / frames
        return cls((mean + GREY).reshape(size).astype(np.float32), square / frames - np.outer(mean, mean))

    def components(self, count: int) -> tuple[PictureComponents, float]:
        """Return the ``count`` components of largest variance (all when there are fewer), and the share they hold."""
        found = self._largest(self.covariance, count)
        held = float(np.vdot(found.basis.T, self.covariance @ found.basis.T))
        return found, held / max(float(np.trace(self.covariance)), np.finfo(np.float64).tiny)

    def coarse_components(self, count: int) -> PictureComponents:
        """Return the ``count`` components that vary most once pictures are blurred.

        Of white noise, where all components vary alike, coarse ones come first, which responses can tell most of.
        """
        size = self.mean.shape
        blurred = gaussian_filter(self.covariance.reshape(*size, *size), COARSE, mode="nearest")
        return self._largest(blurred.reshape(self.covariance.shape), count)

    def _largest(self, covariance: Float[np.ndarray, "pixel pixel"], count: int) -> PictureComponents:
        pixels = len(covariance)
        largest = (pixels - min(count, pixels), pixels - 1)
        _, vectors = eigh(covariance, subset_by_index=largest, check_finite=False)
        return PictureComponents(self.mean, vectors.T[::-1].astype(np.float32))
