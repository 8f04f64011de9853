"""Neuropil: what leaks into a neuron's trace from the tissue around it."""

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

POOL_MICROMETRES = 120.0
"""Distance of the centres of the pools, and standard deviation of the weights around them."""


class Neuropil(nn.Module):
    """The mean activity, relative to each neuron's own mean, of those around a neuron in the cortex.

    Measured trace = (1 - share) of the neuron's own activity and a share of this, in units of the neuron's mean. Even
    after the usual subtraction (0.7 of the surround's fluorescence, Chen et al. 2013, Nature 499, 295) some of it
    stays; it is local, and so is the correlation of the noise that it brings. Pools on a coarse grid stand for the
    tissue, so that the cost is linear in the neurons.
    """

    def __init__(self, share: float, places: Float[np.ndarray, "neuron 3"]) -> None:
        super().__init__()
        self.share = share
        pools = _grid(places[:, :2])
        squared = ((places[:, None, :2] - pools) / POOL_MICROMETRES) ** 2
        nearness = np.exp(-0.5 * squared.sum(axis=2))
        # A pool without neurons nearby would be the mean of very few and far ones.
        nearness = nearness[:, nearness.sum(axis=0) > 0.5 * nearness.sum(axis=0).mean()]
        for name, weights, axis in (("collecting", nearness.T, 1), ("leaking", nearness, 1)):
            shares = weights / weights.sum(axis=axis, keepdims=True)
            self.register_buffer(name, torch.from_numpy(np.ascontiguousarray(shares, dtype=np.float32)))

    def forward(
        self, rates: Float[Tensor, "batch neuron time"], means: Float[Tensor, "neuron 1"]
    ) -> Float[Tensor, "batch neuron time"]:
        """Return what leaks into each trace, given the neurons' own activity."""
        pools = self.get_buffer("collecting") @ (rates / means)
        leaking: Tensor = self.share * means * (self.get_buffer("leaking") @ pools)
        return leaking


def _grid(places: Float[np.ndarray, "neuron 2"]) -> Float[np.ndarray, "pool 2"]:
    lows, highs = places.min(axis=0), places.max(axis=0)
    axes = [np.arange(low, high + POOL_MICROMETRES, POOL_MICROMETRES) for low, high in zip(lows, highs, strict=True)]
    return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 2)
