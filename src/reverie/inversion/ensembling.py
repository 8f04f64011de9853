"""Averaging reconstructions of one movie by several models (their gradients join as observations of one problem)."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import Float

from reverie.foundation.errors import ReverieError
from reverie.inversion.problem import Solution


def average(reconstructions: Sequence[Solution]) -> Solution:
    """Return the mean movie of several models, and how far the models are apart.

    std is their standard deviation at each pixel and frame, None for a single one that has none; where each has its
    own, the mean of their variances is added. The trace holds one model's
    steps after the other's; seconds and passes add up. Source: Bauer et al. 2026 (seven models, video correlation
    0.569 rather than 0.444).
    Raises ReverieError when there is none, or the movies differ in shape.
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
        trace=tuple(line for reconstruction in reconstructions for line in reconstruction.trace),
        seconds=sum(reconstruction.seconds for reconstruction in reconstructions),
        passes=sum(reconstruction.passes for reconstruction in reconstructions),
    )


def _mean_variance(reconstructions: Sequence[Solution]) -> Float[np.ndarray, "..."]:
    stds = [each.std for each in reconstructions if each.std is not None]
    return np.mean(np.square(stds), axis=0) if len(stds) == len(reconstructions) else np.zeros(())
