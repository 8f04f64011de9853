"""DwiseNeuro with folded, fixed weights, for one animal and its observed neurons.

After the core, features are rows of channels, one row per frame of a stack. The weights, which are far larger than the
features, are then read once for all frames of all stacks, in the forward and in the backward pass.
"""

from collections.abc import Callable
from itertools import chain, islice, zip_longest
from typing import Any

import torch
from einops import rearrange, repeat
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from reverie.encoders.contract import readout_index
from reverie.encoders.dwiseneuro import DwiseNeuro
from reverie.encoders.dwiseneuro_blocks import CoreBlock, CortexLayer, Readout, scale_and_shift
from reverie.encoders.fast import kernels
from reverie.encoders.fast.block import FrozenBlock, Memory
from reverie.encoders.fast.compiled_block import CompiledBlock
from reverie.encoders.fast.entrances import FeatureEntrance, PlaneEntrance
from reverie.encoders.fast.kernels import LARGEST_KERNEL
from reverie.encoders.fast.rounding import RoundedBlock
from reverie.encoders.stacks import PLANES, StackEncoder

Planes = Float[Tensor, "stack 5 time height width"]

CORE_NUMBERS = (2**22, 2**28)
"""About how many values the widest features may have, summed over the stacks that go through the core together, on a
CPU and on CUDA. On a CPU, several stacks of the full size are slower together than one by one."""

STACKS_READ_OUT = 16
"""Stacks of a prediction that are read out together, so that the readout's weights are fetched only once for them."""


class FrozenCore:
    """Picture planes in, features averaged over the picture out.

    In plain torch, features between blocks are (stack · time, pixel, channel); the kernels need (stack, pixel, time,
    channel), with padded channels.
    """

    @torch.no_grad()
    def __init__(self, encoder: DwiseNeuro) -> None:
        blocks = [block for block in encoder.blocks if isinstance(block, CoreBlock)]
        small = encoder.config.spatial_kernel <= LARGEST_KERNEL
        self.compiled = small and kernels.usable(blocks[0].projection.convolution.weight)
        self.pattern = "stack (h w) time plane" if self.compiled else "(stack time) (h w) plane"
        self.blocks: list[FrozenBlock | CompiledBlock] = []
        self.size = size = encoder.canvas
        self.outputs = blocks[-1].outputs
        for block, following in zip_longest(blocks, blocks[1:]):
            entrance = FeatureEntrance(block, size) if self.blocks else PlaneEntrance(encoder.stem, block, size)
            if self.compiled:
                self.blocks.append(CompiledBlock(block, entrance, size, following))
            else:
                self.blocks.append(FrozenBlock(block, entrance, size))
            size = self.blocks[-1].smaller
        self.pixels = size[0] * size[1]
        self.rounded = [RoundedBlock(block) for block in self.blocks if isinstance(block, CompiledBlock)]

    @property
    def numbers(self) -> int:
        """Number of values in the widest features of one stack."""
        return max(block.numbers for block in self.blocks)

    def __call__(self, planes: Planes) -> Float[Tensor, "stack channel time"]:
        """Return the pooled features, differentiable with respect to the planes."""
        pooled: Tensor = _Core.apply(planes, self)  # type: ignore[no-untyped-call]  # torch's own
        return pooled

    def forward(self, planes: Planes, *, remember: bool) -> tuple[Float[Tensor, "stack channel time"], list[Memory]]:
        """Return the pooled features and, if requested, what the backward pass needs."""
        features, memories = self._laid_out(planes), []
        for block in self.blocks:
            features, memory = block.forward(features, remember=remember)
            if memory is not None:
                memories.append(memory)
        return self._pooled(features, len(planes)), memories

    def predict(self, planes: Planes) -> Float[Tensor, "stack channel time"]:
        """Return the pooled features without a backward pass, in rounded numbers where that is faster."""
        if not (self.rounded and kernels.rounding_pays()):
            return self.forward(planes, remember=False)[0]
        features = self._laid_out(planes)
        for block in self.rounded:
            features = block.forward(features)
        return self._pooled(features, len(planes))

    def _laid_out(self, planes: Planes) -> Tensor:
        return rearrange(planes, f"stack plane time h w -> {self.pattern}").contiguous()

    def _pooled(self, features: Tensor, stacks: int) -> Float[Tensor, "stack channel time"]:
        # The last of the compiled blocks averages over its pixels itself.
        pooled = features[:, 0] if self.compiled else features.mean(1)
        return pooled[..., : self.outputs].reshape(stacks, -1, self.outputs).mT

    def backward(self, slopes: Float[Tensor, "stack channel time"], memories: list[Memory]) -> Planes:
        """Return the gradient with respect to the planes."""
        features = self._before_pooling(functional.pad(slopes.mT, (0, self.blocks[-1].pitch - self.outputs)))
        for block, memory in zip(reversed(self.blocks), reversed(memories), strict=True):
            features = block.backward(features, memory)
        lengths = {"stack": len(slopes), "h": self.size[0], "w": self.size[1]}
        return rearrange(features[..., :PLANES], f"{self.pattern} -> stack plane time h w", **lengths)

    def _before_pooling(self, slopes: Float[Tensor, "stack time channel"]) -> Tensor:
        """Return the gradient with respect to the features before pooling, in which each pixel has an equal part."""
        if self.compiled:
            return slopes[:, None].contiguous()
        pattern = "stack time channel -> (stack time) pixel channel"
        return repeat(slopes / self.pixels, pattern, pixel=self.pixels).contiguous()


class _Core(torch.autograd.Function):
    @staticmethod
    def forward(context: Any, planes: Tensor, core: FrozenCore) -> Tensor:  # noqa: ANN401 - torch's own
        pooled, memories = core.forward(planes, remember=context.needs_input_grad[0])
        context.save_for_backward(*chain.from_iterable(memories))
        context.core, context.lengths = core, [len(memory) for memory in memories]
        return pooled

    @staticmethod
    def backward(context: Any, *slopes: Tensor) -> tuple[Tensor, None]:  # noqa: ANN401
        tensors = iter(context.saved_tensors)
        memories = [tuple(islice(tensors, length)) for length in context.lengths]
        return context.core.backward(slopes[0], memories), None


class FrozenCortexLayer(nn.Module):
    """A cortex layer whose normalisations are folded."""

    @torch.no_grad()
    def __init__(self, layer: CortexLayer) -> None:
        super().__init__()
        scale, shift = scale_and_shift(layer.norm)
        weight = layer.convolution.weight[:, :, 0] * scale[:, None]
        self.weights = rearrange(weight, "(group out) channel -> group channel out", group=layer.groups).contiguous()
        self.bias = rearrange(shift, "(group out) -> group 1 out", group=layer.groups).contiguous()
        self.scale, self.shift = scale_and_shift(layer.shortcut_norm)

    def forward(self, features: Float[Tensor, "row channel"]) -> Float[Tensor, "row outputs"]:
        """Mix the channels within their groups, shuffle the groups, and add the tiled shortcut."""
        grouped = rearrange(features, "row (group channel) -> group row channel", group=len(self.weights))
        branch = functional.silu(torch.baddbmm(self.bias, grouped, self.weights))
        outputs = len(self.scale)
        tiled = features.repeat(1, -(-outputs // features.shape[1]))[:, :outputs]
        return torch.addcmul(self.shift, tiled, self.scale) + rearrange(branch, "group row out -> row (out group)")


class FrozenReadout(nn.Module):
    """The chosen neurons of a readout: one matrix for each group of channels."""

    def __init__(self, readout: Readout, neurons: Int[Tensor, " chosen"]) -> None:
        super().__init__()
        convolution = readout.convolution
        self.softplus_beta, self.groups = readout.softplus_beta, convolution.groups
        group = neurons // (convolution.out_channels // convolution.groups)
        # Neurons sorted by group; below, the position of each in this order.
        order = torch.argsort(group, stable=True)
        sizes = torch.bincount(group, minlength=self.groups).tolist()
        weight = convolution.weight.detach()[neurons[order], :, 0]
        self.weights = torch.split(weight, sizes)
        assert convolution.bias is not None
        self.bias = convolution.bias.detach()[neurons]
        self.places = None if torch.equal(order, torch.arange(len(order)).to(order)) else torch.argsort(order)

    def forward(self, features: Float[Tensor, "row channel"]) -> Float[Tensor, "row neuron"]:
        """Turn cortex features into rates."""
        parts = features.chunk(self.groups, dim=1)
        drive = torch.cat([part @ weight.T for part, weight in zip(parts, self.weights, strict=True)], dim=1)
        ordered = drive if self.places is None else drive[:, self.places]
        return functional.softplus(ordered + self.bias, beta=self.softplus_beta)


class FrozenDwiseNeuro(StackEncoder):
    """The same rates and gradients with respect to movie and state; the weights are those it was built from.

    Source of the layout: channels last, normalisations folded, see ``FrozenBlock``.
    """

    def __init__(self, encoder: DwiseNeuro, mouse: str, neurons: Int[Tensor, " chosen"]) -> None:
        super().__init__({mouse: len(neurons)}, encoder.frame_size, encoder.layout)
        self.core = FrozenCore(encoder)
        layers = (layer for layer in encoder.cortex if isinstance(layer, CortexLayer))
        self.cortex = nn.Sequential(*map(FrozenCortexLayer, layers))
        readout = encoder.readouts[readout_index(encoder, mouse)]
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
        """Predict rates without gradients, in rounded numbers where that is faster (``RoundedBlock``)."""
        differentiable = torch.is_grad_enabled() and planes.requires_grad
        return self._through(self.core if differentiable else self.core.predict, planes, mouse)

    def _through(self, core: Callable[[Planes], Tensor], planes: Planes, mouse: str) -> Tensor:
        self.require_mouse(mouse)
        together = max(1, CORE_NUMBERS[planes.device.type == "cuda"] // self.core.numbers)
        pooled = torch.cat([core(some) for some in torch.split(planes, together)])
        rates = self.readout(self.cortex(rearrange(pooled, "stack channel time -> (stack time) channel")))
        by_stack: Tensor = rearrange(rates, "(stack time) neuron -> stack neuron time", stack=len(planes))
        return by_stack
