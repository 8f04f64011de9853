"""How running and the pupil scale an animal's responses."""

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from reverie.foundation.arrays import STATE_NAMES

STEEPEST = 1.5
"""Bound of the log gain: the state changes a rate by at most a factor of exp(1.5), about 4.5 up or down."""


class StateGain(nn.Module):
    """One multiplicative gain per neuron and frame, a bounded log-linear function of the animal's state.

    The state is standardised inside by the mean and the standard deviation seen in training, and squashed, so that a
    rare burst of running cannot throw the rates off.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, neurons: int) -> None:
        super().__init__()
        entries = len(STATE_NAMES)
        self.weight = nn.Parameter(torch.zeros(neurons, entries))
        self.register_buffer("mean", torch.zeros(entries))
        self.register_buffer("deviation", torch.ones(entries))

    def standardise(self, mean: Float[np.ndarray, "4"], deviation: Float[np.ndarray, "4"]) -> None:
        """Store the mean and the standard deviation of the state, in the recording's own units; 0 counts as 1."""
        self.mean.copy_(torch.as_tensor(mean))
        self.deviation.copy_(torch.as_tensor(np.where(deviation > 0, deviation, 1.0)))

    def forward(self, state: Float[Tensor, "batch 4 time"]) -> Float[Tensor, "batch neuron time"]:
        """Return the gain, 1 where the state is ordinary or the neuron does not care."""
        squashed = torch.tanh((state - self.mean[:, None]) / (2 * self.deviation[:, None]))
        return torch.exp(STEEPEST * torch.tanh(torch.matmul(self.weight, squashed)))
