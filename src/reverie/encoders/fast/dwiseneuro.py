"""DwiseNeuro with its weights folded for good, for one animal and the neurons that were observed."""

import copy

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from reverie.encoders.dwiseneuro import DwiseNeuro
from reverie.encoders.dwiseneuro_blocks import Readout
from reverie.encoders.fast.core import FrozenCore
from reverie.encoders.stacks import StackEncoder

CORE_NUMBERS = (2**22, 2**28)
"""About how many numbers the widest features may be of the stacks that go through the core together: on a CPU, on CUDA.

On a CPU several stacks of the full size are slower together than one by one."""

STACKS_READ_OUT = 16
"""Stacks of a prediction whose neurons are read out together: the readout's weights are then fetched once for all."""


class FrozenDwiseNeuro(StackEncoder):
    """The same rates and gradients with respect to movie and state; the weights are those it was built from.

    Source of the layout: channels last, normalisations folded, see ``FrozenBlock``.
    """

    def __init__(self, encoder: DwiseNeuro, mouse: str, neurons: Int[Tensor, " chosen"]) -> None:
        super().__init__({mouse: len(neurons)}, encoder.frame_size, encoder.layout)
        self.core = FrozenCore(encoder)
        self.cortex = copy.deepcopy(encoder.cortex).eval().requires_grad_(False)
        readout = encoder.readouts[list(encoder.mice).index(mouse)]
        assert isinstance(readout, Readout)
        self.readout = FrozenReadout(readout, neurons)

    def stacks_at_once(self) -> int:
        """Return how many stacks of a prediction are read out together."""
        return STACKS_READ_OUT

    def network(
        self, planes: Float[Tensor, "batch 5 time tall wide"], mouse: str
    ) -> Float[Tensor, "batch neuron time"]:
        """Predict the rates of stacks, a few at a time through the core."""
        self.require_mouse(mouse)
        together = max(1, CORE_NUMBERS[planes.device.type == "cuda"] // self.core.numbers)
        pooled = torch.cat([self.core(some) for some in torch.split(planes, together)])
        rates: Tensor = self.readout(self.cortex(pooled))
        return rates


class FrozenReadout(nn.Module):
    """The chosen neurons of a readout: one matrix for each group of channels."""

    def __init__(self, readout: Readout, neurons: Int[Tensor, " chosen"]) -> None:
        super().__init__()
        convolution = readout.convolution
        self.softplus_beta, self.groups = readout.softplus_beta, convolution.groups
        group = neurons // (convolution.out_channels // convolution.groups)
        # The neurons by group, and where each of them then stands.
        order = torch.argsort(group, stable=True)
        sizes = torch.bincount(group, minlength=self.groups).tolist()
        weight = convolution.weight.detach()[neurons[order], :, 0]
        self.weights = torch.split(weight, sizes)
        assert convolution.bias is not None
        self.bias = convolution.bias.detach()[neurons, None]
        self.places = None if torch.equal(order, torch.arange(len(order)).to(order)) else torch.argsort(order)

    def forward(self, features: Float[Tensor, "stack channel time"]) -> Float[Tensor, "stack neuron time"]:
        """Turn cortex features into rates."""
        parts = features.chunk(self.groups, dim=1)
        drive = torch.cat([torch.matmul(*each) for each in zip(self.weights, parts, strict=True)], dim=1)
        ordered = drive if self.places is None else drive[:, self.places]
        return functional.softplus(ordered + self.bias, beta=self.softplus_beta)
