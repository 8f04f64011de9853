"""Where an animal looks: its pupil displaces the receptive fields of all its neurons together."""

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from reverie.encoders.displacing import displaced

FURTHEST = 4.0
"""Grid points (8 pixels, 27 degrees for the Sensorium screens) that fields are displaced by at most, on either axis."""


class Shifter(nn.Module):
    """Displaces pictures against the eye by a bounded linear function of the pupil's centre, learned for each animal.

    How many degrees of gaze a unit of pupil stands for depends on the camera, and no recording says. It starts at no
    displacement, and stays there where the pupil was not recorded or tells nothing.
    Source: the shifter of Walker et al. 2019, Nature Neuroscience 22, 2060, with one linear layer.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(2, 2))
        self.register_buffer("mean", torch.zeros(2))
        self.register_buffer("deviation", torch.ones(2))

    def standardise(self, mean: Float[np.ndarray, "2"], deviation: Float[np.ndarray, "2"]) -> None:
        """Store mean and standard deviation of the pupil's centre, in the recording's own units; 0 counts as 1."""
        self.mean.copy_(torch.as_tensor(mean))
        self.deviation.copy_(torch.as_tensor(np.where(deviation > 0, deviation, 1.0)))

    def displacement(self, state: Float[Tensor, "batch 4 time"]) -> Float[Tensor, "batch 2 time"]:
        """Return by how many grid points the fields are displaced, down and to the right."""
        pupil = (state[:, 2:] - self.mean[:, None]) / self.deviation[:, None]
        return FURTHEST * torch.tanh(self.weight @ pupil / FURTHEST)

    def forward(
        self, pictures: Float[Tensor, "batch time height width"], state: Float[Tensor, "batch 4 time"]
    ) -> Float[Tensor, "batch time height width"]:
        """Return the pictures as the receptive fields meet them; 0, which is grey, beyond the edges."""
        return displaced(pictures, self.displacement(state))
