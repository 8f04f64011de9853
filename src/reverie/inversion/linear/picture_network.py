"""A small network from maps of responses to movies: responses laid out where neurons look, then convolutions."""

import numpy as np
import torch
from einops import rearrange
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from reverie.inversion.linear.places import SQUARE, Places

STEP = 4
"""Frames between two maps; each map stands for so many frames of the movie."""


class PictureNetwork(nn.Module):
    """Features of the responses → maps → a few convolutions over space and time → pixels, in units of deviation.

    Each neuron has a weight for every map and lag, and is laid out bilinearly where it looks. A map point covers
    ``SQUARE`` x ``SQUARE`` pixels and ``STEP`` frames, which the last layer unfolds again.

    neurons, lags: of the features. grid: height and width of the maps.
    """

    layout: Tensor

    def __init__(
        self, neurons: int, lags: int, grid: tuple[int, int], *, maps: int, channels: int, blocks: int
    ) -> None:
        super().__init__()
        self.grid = grid
        self.weights = nn.Parameter(0.3 * torch.randn(neurons, lags, maps))
        self.first = nn.Conv3d(maps, channels, (1, 5, 5), padding=(0, 2, 2))
        self.blocks = nn.ModuleList(SpaceTimeBlock(channels) for _ in range(blocks))
        self.last = nn.Conv3d(channels, STEP * SQUARE**2, (1, 3, 3), padding=(0, 1, 1))
        nn.init.zeros_(self.last.weight)
        self.register_buffer("layout", torch.zeros(grid[0] * grid[1], neurons))

    @torch.no_grad()
    def place(self, places: Places) -> None:
        """Set where the neurons are laid out; a point that many share takes their sum over the root of their number."""
        layout = bilinear_layout(places, self.grid)
        self.layout.copy_(layout / (1 + layout.sum(dim=1, keepdim=True)).sqrt())

    def forward(self, features: Float[Tensor, "step neuron lag"]) -> Float[Tensor, "time height width"]:
        """Return the movie (time = steps x STEP) about its mean, in units of the movies' deviation."""
        weighted = torch.einsum("snl,nlm->nsm", features, self.weights)
        maps = self.layout @ weighted.reshape(len(weighted), -1)
        hidden = self.first(
            rearrange(maps, "(h w) (s m) -> 1 m s h w", h=self.grid[0], m=self.weights.shape[2]).contiguous()
        )
        for block in self.blocks:
            hidden = block(hidden)
        folded = self.last(functional.gelu(hidden))[0]
        movie: Tensor = rearrange(folded, "(f p q) s h w -> (s f) (h p) (w q)", f=STEP, p=SQUARE, q=SQUARE)
        return movie


class SpaceTimeBlock(nn.Module):
    """A residual pair of convolutions, one over space and one over time."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.space = nn.Conv3d(channels, channels, (1, 3, 3), padding=(0, 1, 1))
        self.time = nn.Conv3d(channels, channels, (5, 1, 1), padding=(2, 0, 0))

    def forward(self, hidden: Float[Tensor, "batch channel step height width"]) -> Tensor:
        """Add what the two convolutions find."""
        found: Tensor = hidden + self.time(functional.gelu(self.space(hidden)))
        return found


def bilinear_layout(places: Places, grid: tuple[int, int]) -> Float[Tensor, "point neuron"]:
    """Return how much of each neuron goes to each grid point; every neuron sums to 1, those outside go to the border.

    >>> bilinear_layout(np.array([[0.0, 0.25]], np.float32), (2, 2))[:, 0].tolist()
    [0.75, 0.25, 0.0, 0.0]
    """
    layout = torch.zeros(grid[0] * grid[1], len(places))
    row, column = (np.clip(places[:, axis], 0, grid[axis] - 1) for axis in (0, 1))
    top, left = np.minimum(row.astype(int), max(grid[0] - 2, 0)), np.minimum(column.astype(int), max(grid[1] - 2, 0))
    neuron = np.arange(len(places))
    for down in (0, 1):
        for right in (0, 1):
            weight = np.abs(1 - down - (row - top)) * np.abs(1 - right - (column - left))
            point = np.minimum(top + down, grid[0] - 1) * grid[1] + np.minimum(left + right, grid[1] - 1)
            layout[point, neuron] += torch.from_numpy(weight.astype(np.float32))
    return layout
