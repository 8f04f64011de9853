"""Ridge regression on how alike responses are to those around chosen frames of training: a Gaussian kernel.

The linear decoder gives a neuron's response the same meaning whatever the others do. Where the population normalises,
the same picture at another contrast moves all of them, which a kernel sees. Source: Saunders, Gammerman & Vovk 1998
(ICML); with chosen centres, Rifkin, Yeo & Poggio 2003 (Advances in Learning Theory, chapter 7).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float
from scipy.linalg import eigh

from reverie.foundation.arrays import Responses
from reverie.inversion.linear.response_features import Features, ResponseFeatures
from reverie.inversion.linear.samples import Sample

AXES: Final = 200
"""Principal components of the features that distances are measured in; the others hold mostly noise. On `outside`
animals 100, 200, 400 and all left .526, .522, .526 and .529 of the pictures' variance unexplained (docs/log)."""

CENTRES: Final = 2000
"""Frames that others are compared with, at most; all 4500 there were left .522 unexplained, 2000 .528, 1000 .537."""

WIDTH: Final = 0.5
"""Squared width of the kernel in units of the mean squared distance of two frames: .25, .5, 1, 2 left .561, .529, .536,
.543 unexplained."""


@dataclass(frozen=True)
class KernelFeatures:
    """From responses to how alike they are to those around each of the centres, 0 to 1.

    features: what is compared. axes: the principal components that distances are measured in. centres: the chosen
    frames, on these axes. width: the squared distance over which likeness falls to 1/e.
    """

    features: ResponseFeatures
    axes: Float[np.ndarray, "feature axis"]
    centres: Float[np.ndarray, "centre axis"]
    width: float

    @classmethod
    def of(cls, samples: Iterable[Sample], features: ResponseFeatures, every: int) -> "KernelFeatures":
        """Choose evenly placed frames of the samples, which are gone through twice, and measure their distances."""
        step = -(-sum(len(one.scores) for one in samples) // CENTRES)
        seen, gone = [], 0
        for one in samples:
            found = features(one.responses, every)
            seen.append(found[-gone % step :: step])
            gone += len(found)
        chosen = np.concatenate(seen)
        count = min(AXES, *chosen.shape)
        products = (chosen @ chosen.T).astype(np.float64)
        values, vectors = eigh(products, subset_by_index=(len(chosen) - count, len(chosen) - 1), check_finite=False)
        # Directions that hold nothing have no length to divide by.
        held = values > 1e-9 * max(float(values[-1]), np.finfo(np.float64).tiny)
        # Products round differently when an array lies otherwise in memory than the one that was read back.
        axes = np.ascontiguousarray(chosen.T @ (vectors[:, held] / np.sqrt(values[held])), dtype=np.float32)
        centres = chosen @ axes
        apart = 2 * float(centres.var(axis=0, dtype=np.float64).sum())
        return cls(features, axes, centres, max(WIDTH * apart, float(np.finfo(np.float32).tiny)))

    @property
    def count(self) -> int:
        """How many features there are."""
        return len(self.centres)

    def __call__(self, responses: Responses, every: int = 1) -> Features:
        """Return the likenesses of every frame, or of every ``every``-th one from the first on."""
        near = self.features(responses, every) @ self.axes
        squares = np.square(near).sum(axis=1)[:, None] + np.square(self.centres).sum(axis=1)
        apart = np.maximum(squares - 2 * near @ self.centres.T, 0)
        likeness: Features = np.exp(apart * np.float32(-1 / self.width))
        return likeness


@dataclass(frozen=True)
class KernelRegression:
    """Scores of pictures as a weighted sum of likenesses: weights (centre, component)."""

    features: KernelFeatures
    weights: Float[np.ndarray, "centre component"]

    def __call__(self, responses: Responses) -> Float[np.ndarray, "frame component"]:
        """Return the scores of every frame."""
        scores: np.ndarray = self.features(responses) @ self.weights
        return scores

    def arrays(self) -> dict[str, np.ndarray]:
        """Return everything that was fitted, but for the width, by the name it is stored under."""
        seen = self.features
        return {"kernel_axes": seen.axes, "kernel_centres": seen.centres, "kernel_weights": self.weights}
