"""A readout that looks at one place: each neuron has a position, feature weights and a temporal smoothing."""

import math

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from reverie.encoders.fast.readout import read_points

INVERSE_SOFTPLUS_OF_ONE = math.log(math.e - 1)
"""The drive at which softplus gives 1, so that an untrained neuron fires at its mean rate."""


class PointReadout(nn.Module):
    """Reads a feature map at one learned place per neuron (bilinear between the four nearest grid points).

    places, shift: (neuron, 2), row and column in units of the feature grid; a neuron looks at their sum, so that
    weight decay pulls it back to where it began. weights: (neuron, feature). smoothing:
    (neuron, taps), over the current and earlier frames, the latest last.
    """

    mean_rates: Tensor
    places: Tensor

    def __init__(self, neurons: int, features: int, grid: tuple[int, int], taps: int) -> None:
        super().__init__()
        self.grid = grid
        centre = torch.tensor([(grid[0] - 1) / 2, (grid[1] - 1) / 2])
        self.shift = nn.Parameter(torch.zeros(neurons, 2))
        self.weights = nn.Parameter(torch.zeros(neurons, features))
        self.bias = nn.Parameter(torch.full((neurons,), INVERSE_SOFTPLUS_OF_ONE))
        self.smoothing = nn.Parameter(functional.one_hot(torch.full((neurons,), taps - 1), taps).float())
        self.register_buffer("places", centre.expand(neurons, 2).clone())
        self.register_buffer("mean_rates", torch.ones(neurons))

    @torch.no_grad()
    def scale_to(self, mean_rates: Float[np.ndarray, " neuron"]) -> None:
        """Set the unit of each neuron's rate; silent neurons keep a tiny one."""
        self.mean_rates.copy_(torch.as_tensor(np.maximum(mean_rates, 1e-6)))

    @torch.no_grad()
    def place(self, places: Int[np.ndarray, "neuron 2"]) -> None:
        """Set where the neurons look, row and column in units of the feature grid."""
        self.places.copy_(torch.as_tensor(places))

    def neighbours(self) -> tuple[Int[Tensor, "neuron 4"], Float[Tensor, "neuron 4"]]:
        """Return the four grid points around each neuron and their bilinear weights."""
        rows, columns = self.grid
        place = self.places + self.shift
        row, column = place[:, 0].clamp(0, rows - 1), place[:, 1].clamp(0, columns - 1)
        top, left = row.detach().floor().clamp(max=rows - 2), column.detach().floor().clamp(max=columns - 2)
        down, right = row - top, column - left
        # Weights that are not numbers look at the first corner, and what is seen there is not a number either.
        corner = (top * columns + left).nan_to_num().long()
        index = torch.stack([corner, corner + 1, corner + columns, corner + columns + 1], dim=1)
        weight = torch.stack([(1 - down) * (1 - right), (1 - down) * right, down * (1 - right), down * right], dim=1)
        return index, weight

    def forward(
        self,
        features: Float[Tensor, "batch time position feature"],
        gain: Float[Tensor, "batch neuron shorter"] | None = None,
    ) -> Float[Tensor, "batch neuron shorter"]:
        """Return the rates before the state's gain; the smoothing uses up taps - 1 frames at the start.

        gain: what each neuron's drive is multiplied by before it meets the threshold.
        """
        batch, time = features.shape[:2]
        drive = read_points(features.flatten(0, 1), *self.neighbours(), self.weights)
        drive = drive.view(batch, time, -1).transpose(1, 2)
        drive = functional.conv1d(drive, self.smoothing[:, None], groups=len(self.smoothing))
        drive = drive if gain is None else drive * gain
        return functional.softplus(drive + self.bias[:, None]) * self.mean_rates[:, None]
