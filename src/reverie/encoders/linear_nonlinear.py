"""LinearNonlinear: one linear space-time filter per neuron, then a softplus; the baseline every encoder must beat."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from reverie.encoders.contract import Encoder, readout_index
from reverie.encoders.filters import CONTRAST_UNIT, temporal_filters
from reverie.encoders.layers import INVERSE_SOFTPLUS_OF_ONE, StateGain
from reverie.foundation.arrays import GREY


@dataclass(frozen=True)
class LinearNonlinearConfig:
    """Sizes of a LinearNonlinear encoder."""

    taps: int = 12
    """Length of the filters in frames."""
    rank: int = 1
    """Number of space-time separable parts whose sum is a filter."""
    pooling: int = 2
    """Side in pixels of the squares averaged before filtering."""


class LinearNonlinearReadout(nn.Module):
    """The filters of one animal.

    Attributes
    ----------
    space
        (neuron * rank, pooled pixel).
    time
        (neuron * rank, tap), latest tap last.
    """

    mean_rates: Tensor

    def __init__(self, neurons: int, config: LinearNonlinearConfig, pixels: int) -> None:
        super().__init__()
        self.space = nn.Parameter(torch.zeros(neurons * config.rank, pixels))
        kernels = temporal_filters(2 * config.rank, config.taps)[::2]
        self.time = nn.Parameter(kernels.repeat(neurons, 1))
        self.bias = nn.Parameter(torch.full((neurons,), INVERSE_SOFTPLUS_OF_ONE))
        self.register_buffer("mean_rates", torch.ones(neurons))
        self.rank = config.rank

    def forward(self, pixels: Float[Tensor, "batch time pixel"]) -> Float[Tensor, "batch neuron shorter"]:
        """Return the rates before the state's gain; the temporal filters use up taps - 1 frames at the start."""
        projected = torch.matmul(pixels, self.space.T).transpose(1, 2)
        drive = functional.conv1d(projected, self.time[:, None], groups=len(self.time))
        drive = drive.view(len(drive), -1, self.rank, drive.shape[2]).sum(2) + self.bias[:, None]
        return functional.softplus(drive) * self.mean_rates[:, None]


class LinearNonlinear(Encoder):
    """A low-rank linear space-time filter and a softplus per neuron, scaled by the state; nothing is shared."""

    def __init__(self, config: LinearNonlinearConfig, mice: Mapping[str, int], frame_size: tuple[int, int]) -> None:
        super().__init__(mice, frame_size)
        self.config = config
        self.history = config.taps - 1
        pixels = -(-frame_size[0] // config.pooling) * -(-frame_size[1] // config.pooling)
        self.readouts = nn.ModuleList(LinearNonlinearReadout(neurons, config, pixels) for neurons in mice.values())
        self.gains = nn.ModuleList(StateGain(neurons) for neurons in mice.values())

    def forward(
        self,
        movie: Float[Tensor, "batch time height width"],
        state: Float[Tensor, "batch 4 time"] | Float[Tensor, "batch 4 time height width"],
        mouse: str,
    ) -> Float[Tensor, "batch neuron time"]:
        """Predict the rates of one animal; raises ReverieError when there is no readout for it."""
        row = readout_index(self, mouse)
        pooled = functional.avg_pool2d((movie - GREY) / CONTRAST_UNIT, self.config.pooling, ceil_mode=True)
        pixels = functional.pad(pooled.flatten(2), (0, 0, self.history, 0))
        rates: Tensor = self.readouts[row](pixels)
        gain: Tensor = self.gains[row](state)
        return rates * gain

    @torch.no_grad()
    def initialise(
        self,
        mouse: str,
        mean_rates: Float[np.ndarray, " neuron"],
        state_mean: Float[np.ndarray, "4"],
        state_deviation: Float[np.ndarray, "4"],
    ) -> None:
        """Start one animal's readout from its mean rates and the mean and deviation of its state."""
        row = readout_index(self, mouse)
        readout, gain = self.readouts[row], self.gains[row]
        assert isinstance(readout, LinearNonlinearReadout)
        assert isinstance(gain, StateGain)
        gain.standardise(state_mean, state_deviation)
        readout.mean_rates.copy_(torch.as_tensor(np.maximum(mean_rates, 1e-6)))
