"""The principal components of movie frames: far fewer numbers than pixels, and all that responses can tell."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.linalg import eigh

from reverie.foundation.arrays import Movie

Scores = Float[np.ndarray, "frame component"]
"""How much of each component a frame holds, in grey levels."""


@dataclass(frozen=True)
class PictureComponents:
    """Pictures as a mean and orthonormal components: mean (height, width), basis (component, pixel)."""

    mean: Float[np.ndarray, "height width"]
    basis: Float[np.ndarray, "component pixel"]

    @classmethod
    def of(cls, movies: Iterable[Movie], count: int) -> "PictureComponents":
        """Find the ``count`` components of largest variance (all when there are fewer); movies are not kept."""
        total = square = None
        frames = 0
        for movie in movies:
            pixels = np.asarray(movie, dtype=np.float32).reshape(len(movie), -1)
            # Centred on the middle grey, single precision holds the products; the sums are double.
            pixels = pixels - np.float32(127.5)
            total = pixels.sum(axis=0, dtype=np.float64) + (0 if total is None else total)
            square = (pixels.T @ pixels).astype(np.float64) + (0 if square is None else square)
            frames, size = frames + len(pixels), movie.shape[1:]
        assert total is not None
        assert square is not None
        mean = total / frames
        covariance = square / frames - np.outer(mean, mean)
        pixels_count = len(mean)
        kept = min(count, pixels_count)
        _, vectors = eigh(covariance, subset_by_index=(pixels_count - kept, pixels_count - 1), check_finite=False)
        return cls((mean + 127.5).reshape(size).astype(np.float32), vectors.T[::-1].astype(np.float32))

    def encode(self, movie: Movie) -> Scores:
        """Return the scores of every frame."""
        scores: Scores = (movie - self.mean).reshape(len(movie), -1) @ self.basis.T
        return scores

    def decode(self, scores: Scores) -> Movie:
        """Return the pictures that have these scores, (time, height, width)."""
        pictures: Movie = (scores @ self.basis).reshape(-1, *self.mean.shape) + self.mean
        return pictures
