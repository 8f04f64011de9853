"""DwiseNeuro with its weights folded for good, for one animal and the neurons that were observed."""

from collections.abc import Callable

import torch
from einops import rearrange
from jaxtyping import Float, Int
from torch import Tensor, nn

from reverie.encoders.dwiseneuro import DwiseNeuro
from reverie.encoders.dwiseneuro_blocks import CortexLayer, Readout
from reverie.encoders.fast.core import FrozenCore, Planes
from reverie.encoders.fast.head import FrozenCortexLayer, FrozenReadout
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
        layers = (layer for layer in encoder.cortex if isinstance(layer, CortexLayer))
        self.cortex = nn.Sequential(*map(FrozenCortexLayer, layers))
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
        return self._through(self.core, planes, mouse)

    def predict_stacks(
        self, planes: Float[Tensor, "batch 5 time tall wide"], mouse: str
    ) -> Float[Tensor, "batch neuron time"]:
        """Predict rates that nobody differentiates: where it is faster, in rounded numbers (``RoundedBlock``)."""
        differentiable = torch.is_grad_enabled() and planes.requires_grad
        return self._through(self.core if differentiable else self.core.predict, planes, mouse)

    def _through(self, core: Callable[[Planes], Tensor], planes: Planes, mouse: str) -> Tensor:
        self.require_mouse(mouse)
        together = max(1, CORE_NUMBERS[planes.device.type == "cuda"] // self.core.numbers)
        pooled = torch.cat([core(some) for some in torch.split(planes, together)])
        rates = self.readout(self.cortex(rearrange(pooled, "stack channel time -> (stack time) channel")))
        by_stack: Tensor = rearrange(rates, "(stack time) neuron -> stack neuron time", stack=len(planes))
        return by_stack
