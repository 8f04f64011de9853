"""Divisive normalisation: strong contrast around a receptive field turns its drive down (Carandini & Heeger 2012)."""

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from reverie.simulation.population import MEMORY

POOL_PIXELS = 4.0
"""Standard deviation of the pools in which contrast is measured."""

SPACING_PIXELS = 6
"""Distance of the pools' centres."""


class LocalContrast(nn.Module):
    """The factor 1 / (c0 + local contrast) of each neuron.

    Contrast is the standard deviation of the pixels in a pool, averaged over the last frames; pools lie on a coarse
    grid and each neuron mixes those around it.
    """

    def __init__(
        self,
        half_saturation: float,
        rows: Float[np.ndarray, " neuron"],
        columns: Float[np.ndarray, " neuron"],
        frame_size: tuple[int, int],
    ) -> None:
        super().__init__()
        self.half_saturation = half_saturation
        pool_rows, pool_columns = (np.arange(0, size + SPACING_PIXELS, SPACING_PIXELS) for size in frame_size)
        pools = np.stack(np.meshgrid(pool_rows, pool_columns, indexing="ij"), axis=-1).reshape(-1, 2)
        pixels = np.stack(np.meshgrid(*map(np.arange, frame_size), indexing="ij"), axis=-1).reshape(-1, 2)
        # Receptive fields beyond the edge go by the contrast at the edge.
        inside = np.clip(np.stack([rows, columns], axis=-1), 0, np.array(frame_size) - 1)
        self.register_buffer("pools", _near(pixels, pools, POOL_PIXELS))
        self.register_buffer("neighbours", _near(pools, inside, SPACING_PIXELS / 2))
        ago = np.arange(MEMORY)[::-1]
        recent = np.where(ago >= 1, np.exp(-ago / 3.0), 0.0)
        self.register_buffer("recent", torch.from_numpy((recent / recent.sum()).astype(np.float32)))

    def forward(self, pixels: Float[Tensor, "batch before_and_time pixel"]) -> Float[Tensor, "batch neuron time"]:
        """Return each neuron's factor; pixels are contrasts (-1 to 1 around grey), MEMORY - 1 frames early."""
        pools = self.get_buffer("pools")
        variance = pixels.square() @ pools - (pixels @ pools).square()
        contrast = torch.sqrt(variance.clamp_min(0.0) + 1e-6)
        recent = contrast.unfold(1, MEMORY, 1) @ self.get_buffer("recent")
        return 1.0 / (self.half_saturation + recent @ self.get_buffer("neighbours")).transpose(1, 2)


def _near(sources: np.ndarray, targets: np.ndarray, sigma: float) -> Float[Tensor, "source target"]:
    """Return Gaussian weights of the sources around each target, of unit sum; far ones are exactly 0."""
    squared = ((sources[:, None] - targets[None]) ** 2).sum(axis=-1) / (2 * sigma**2)
    weights = np.where(squared < 6.0, np.exp(-squared), 0.0)
    return torch.from_numpy((weights / weights.sum(axis=0)).astype(np.float32))
