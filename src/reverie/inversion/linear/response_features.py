"""What a linear decoder sees of the responses: compressed, scaled per neuron, averaged around several lags."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float
from scipy.ndimage import convolve1d

from reverie.foundation.arrays import Responses
from reverie.recordings.row_statistics import RowStatistics

Features = Float[np.ndarray, "frame feature"]
"""One row a frame; those of one neuron's responses lie beside each other, one for each lag."""


@runtime_checkable
class FeaturesOf(Protocol):
    """From responses to features, ``count`` of them a frame."""

    @property
    def count(self) -> int:
        """How many features there are."""

    def __call__(self, responses: Responses, every: int = 1) -> Features:
        """Return the features of every frame, or of every ``every``-th one from the first on."""


@dataclass(frozen=True)
class ResponseFeatures:
    """From responses to features, with the mean and scale of each neuron.

    power: responses are raised to it first; 0.5 evens out trial noise that grows with the rate, as Anscombe's
    transformation does for Poisson counts, 0 tells only whether there was any response. lags: in frames, rising;
    positive looks at responses after the frame, since rates lag the movie. A feature averages a neuron's responses
    around its lag with a triangle that reaches to the next lags. mean, deviation: (neuron,), of the responses raised
    to the power.
    """

    power: float
    lags: tuple[int, ...]
    mean: Float[np.ndarray, " neuron"]
    deviation: Float[np.ndarray, " neuron"]

    @classmethod
    def of(cls, responses: Iterable[Responses], power: float, lags: tuple[int, ...]) -> "ResponseFeatures":
        """Measure mean and deviation over the responses to several trials, which are not kept."""
        statistics: RowStatistics | None = None
        for one in responses:
            statistics = statistics or RowStatistics(len(one))
            statistics.add(compress(one, power))
        assert statistics is not None
        # A neuron that never fires has no scale; its features are 0 whatever it is divided by.
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
        # Convolution runs backwards in time: a response after the frame meets the tap of the opposite sign.
        kernels: np.ndarray = (hats / hats.sum(axis=1, keepdims=True))[:, ::-1].astype(np.float32)
        return kernels

    def __call__(self, responses: Responses, every: int = 1) -> Features:
        """Return the features of every frame, or of every ``every``-th one from the first on.

        Beyond the ends of a trial a neuron is taken to fire at its mean.
        """
        scaled = (compress(responses, self.power) - self.mean[:, None]) / self.deviation[:, None]
        neurons, frames = scaled.shape
        if every == 1:
            lagged = [convolve1d(scaled, kernel, axis=1, mode="constant") for kernel in self.kernels]
            return np.stack(lagged, axis=1).reshape(-1, frames).T
        lagged = (scaled @ self._filters(frames, every)).reshape(neurons, -1, len(self.lags))
        features: Features = lagged.swapaxes(0, 1).reshape(-1, self.count)
        return features

    def _filters(self, frames: int, every: int) -> Float[np.ndarray, "frame sample_and_lag"]:
        """Return the kernels as they lie about each sampled frame: a product with them filters at those alone."""
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
