"""The features of responses that decoders use: compressed, scaled and averaged around several lags, or a kernel.

A linear decoder reads each neuron's response in the same way, whatever the other neurons do. But where the population
normalises contrast, the same picture at another contrast changes all responses together. A Gaussian kernel around
chosen training frames accounts for that. Source: Saunders, Gammerman & Vovk 1998 (ICML); with chosen centres, Rifkin,
Yeo & Poggio 2003 (Advances in Learning Theory, chapter 7)."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float
from scipy.linalg import eigh
from scipy.ndimage import convolve1d

from reverie.foundation.arrays import Responses
from reverie.inversion.linear.samples import Sample
from reverie.recordings.row_statistics import RowStatistics

Features = Float[np.ndarray, "frame feature"]
"""A row per frame; the features of one neuron are adjacent, one for each lag."""

AXES = 200
"""Number of the features' principal components in which distances are measured; the others hold mostly noise. On
`outside` animals 100, 200, 400 and all left .526, .522, .526 and .529 of the pictures' variance unexplained
(docs/log)."""

CENTRES = 2000
"""Largest number of frames used as centres; all 4500 available ones left .522 unexplained, 2000 .528, 1000 .537."""

WIDTH = 0.5
"""Squared width of the kernel in units of the mean squared distance of two frames: .25, .5, 1, 2 left .561, .529, .536,
.543 unexplained."""


@dataclass(frozen=True)
class ResponseFeatures:
    """From responses to features, with the mean and scale of each neuron."""

    power: float
    """Power that responses are raised to first; 0.5 evens out trial noise that grows with the rate, as Anscombe's
    transformation does for Poisson counts; with 0, only the presence of a response counts."""
    lags: tuple[int, ...]
    """Lags in frames, rising; a positive lag means responses after the frame, since rates lag the movie. A feature is
    the average of a neuron's responses around its lag, weighted by a triangle that reaches to the neighbouring lags."""
    mean: Float[np.ndarray, " neuron"]
    """(neuron,), mean of the responses raised to the power."""
    deviation: Float[np.ndarray, " neuron"]
    """(neuron,), their standard deviation."""

    @classmethod
    def of(cls, responses: Iterable[Responses], power: float, lags: tuple[int, ...]) -> "ResponseFeatures":
        """Compute mean and standard deviation over the responses of several trials, which are not kept."""
        statistics: RowStatistics | None = None
        for one in responses:
            statistics = statistics or RowStatistics(len(one))
            statistics.add(compress(one, power))
        assert statistics is not None
        # A neuron that never fires has standard deviation 0; its features are 0 whatever they are divided by.
        deviation = np.where(statistics.std > 0, statistics.std, 1.0)
        return cls(power, lags, statistics.mean.astype(np.float32), deviation.astype(np.float32))

    @property
    def count(self) -> int:
        """How many features there are."""
        return len(self.mean) * len(self.lags)

    @cached_property
    def kernels(self) -> Float[np.ndarray, "lag tap"]:
        """The triangles as kernels to convolve responses with, the middle tap at lag 0; each sums to 1."""
        spacing = np.diff(self.lags)
        first, last = (spacing[0], spacing[-1]) if len(spacing) else (1, 1)
        corners = np.array([self.lags[0] - first, *self.lags, self.lags[-1] + last])
        reach = int(np.abs(corners).max())
        taps = np.arange(-reach, reach + 1)
        hats = np.stack([np.interp(taps, corners[number : number + 3], [0, 1, 0]) for number in range(len(self.lags))])
        # Convolution reverses the kernel in time: a response after the frame meets the tap of the opposite sign.
        kernels: np.ndarray = (hats / hats.sum(axis=1, keepdims=True))[:, ::-1].astype(np.float32)
        return kernels

    def scaled(self, responses: Responses) -> Float[np.ndarray, "neuron time"]:
        """Return responses raised to the power, less their mean, in each neuron's standard deviations."""
        scaled = (compress(responses, self.power) - self.mean[:, None]) / self.deviation[:, None]
        return np.asarray(scaled, dtype=np.float32)

    def __call__(self, responses: Responses, every: int = 1) -> Features:
        """Return the features of every frame, or of every ``every``-th one from the first on.

        Beyond the ends of a trial, neurons are assumed to fire at their mean.
        """
        scaled = self.scaled(responses)
        neurons, frames = scaled.shape
        if every == 1:
            lagged = [convolve1d(scaled, kernel, axis=1, mode="constant") for kernel in self.kernels]
            return np.stack(lagged, axis=1).reshape(-1, frames).T
        lagged = (scaled @ self._filters(frames, every)).reshape(neurons, -1, len(self.lags))
        features: Features = lagged.swapaxes(0, 1).reshape(-1, self.count)
        return features

    def _filters(self, frames: int, every: int) -> Float[np.ndarray, "frame sample_and_lag"]:
        """Return the kernels placed around each sampled frame: multiplying with them filters at these frames only."""
        reach = self.kernels.shape[1] // 2
        samples = np.arange(0, frames, every)
        taps = samples[None, :] + reach - np.arange(frames)[:, None]
        inside = (taps >= 0) & (taps < self.kernels.shape[1])
        filters = np.where(inside, self.kernels[:, taps.clip(0, self.kernels.shape[1] - 1)], np.float32(0))
        return np.ascontiguousarray(filters.transpose(1, 2, 0)).reshape(frames, -1)


def compress(responses: Responses, power: float) -> Responses:
    """Raise responses to a power; their sign is kept, and 0 stays 0 even to the power of 0.

    >>> compress(np.array([[0.0, 4.0, -9.0]]), 0.5).tolist()
    [[0.0, 2.0, -3.0]]
    """
    size = np.abs(np.asarray(responses, dtype=np.float32))
    compressed: Responses = np.sign(responses).astype(np.float32) * size ** np.float32(power)
    return compressed


@dataclass(frozen=True)
class KernelFeatures:
    """From responses to their similarity, 0 to 1, with the responses around each of the centres."""

    features: ResponseFeatures
    """The features that are compared."""
    axes: Float[np.ndarray, "feature axis"]
    """The principal components in which distances are measured."""
    centres: Float[np.ndarray, "centre axis"]
    """The chosen frames in these components."""
    width: float
    """The squared distance at which similarity falls to 1/e."""

    @classmethod
    def of(cls, samples: Iterable[Sample], features: ResponseFeatures, every: int) -> "KernelFeatures":
        """Choose evenly spaced frames of the samples, which are read twice, and measure their distances."""
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
        # Directions without variance have no length to divide by.
        held = values > 1e-9 * max(float(values[-1]), np.finfo(np.float64).tiny)
        # Products are rounded differently when an array has another memory layout than the one that is read back.
        axes = np.ascontiguousarray(chosen.T @ (vectors[:, held] / np.sqrt(values[held])), dtype=np.float32)
        centres = chosen @ axes
        apart = 2 * float(centres.var(axis=0, dtype=np.float64).sum())
        return cls(features, axes, centres, max(WIDTH * apart, float(np.finfo(np.float32).tiny)))

    @property
    def count(self) -> int:
        """How many features there are."""
        return len(self.centres)

    def __call__(self, responses: Responses, every: int = 1) -> Features:
        """Return the similarities of every frame, or of every ``every``-th one from the first on."""
        near = self.features(responses, every) @ self.axes
        squares = np.square(near).sum(axis=1)[:, None] + np.square(self.centres).sum(axis=1)
        apart = np.maximum(squares - 2 * near @ self.centres.T, 0)
        likeness: Features = np.exp(apart * np.float32(-1 / self.width))
        return likeness


FeaturesOf = ResponseFeatures | KernelFeatures
"""From responses to features, ``count`` per frame."""


@dataclass(frozen=True)
class KernelRegression:
    """Scores of pictures as weighted sums of similarities: weights (centre, component)."""

    features: KernelFeatures
    weights: Float[np.ndarray, "centre component"]

    def __call__(self, responses: Responses) -> Float[np.ndarray, "frame component"]:
        """Return the scores of every frame."""
        scores: np.ndarray = self.features(responses) @ self.weights
        return scores

    def arrays(self) -> dict[str, np.ndarray]:
        """Return all fitted arrays except for the width, by the name under which they are stored."""
        seen = self.features
        return {"kernel_axes": seen.axes, "kernel_centres": seen.centres, "kernel_weights": self.weights}
