"""DwiseNeuro's core as one function with a gradient written by hand."""

from itertools import chain, islice, zip_longest
from typing import Any

import torch
from einops import rearrange, repeat
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from reverie.encoders.dwiseneuro import DwiseNeuro
from reverie.encoders.dwiseneuro_blocks import CoreBlock
from reverie.encoders.fast import kernels
from reverie.encoders.fast.block import FrozenBlock, Memory
from reverie.encoders.fast.compiled_block import CompiledBlock
from reverie.encoders.fast.entrances import FeatureEntrance, PlaneEntrance
from reverie.encoders.fast.panels import LARGEST_KERNEL
from reverie.encoders.fast.rounded_block import RoundedBlock
from reverie.encoders.stacks import PLANES

Planes = Float[Tensor, "stack 5 time height width"]


class FrozenCore:
    """Picture planes in, features averaged over the picture out.

    With torch alone, features between blocks are (stack · time, pixel, channel); the kernels want (stack, pixel, time,
    channel), and channels that fill up.
    """

    def __init__(self, encoder: DwiseNeuro) -> None:
        blocks = [block for block in encoder.blocks if isinstance(block, CoreBlock)]
        small = encoder.config.spatial_kernel <= LARGEST_KERNEL
        self.compiled = small and kernels.usable(blocks[0].projection.convolution.weight)
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
        """How many numbers the widest features of one stack are."""
        return max(block.numbers for block in self.blocks)

    def __call__(self, planes: Planes) -> Float[Tensor, "stack channel time"]:
        """Return the pooled features, differentiable with respect to the planes."""
        pooled: Tensor = _Core.apply(planes, self)  # type: ignore[no-untyped-call]  # torch's own
        return pooled

    def forward(self, planes: Planes, *, remember: bool) -> tuple[Float[Tensor, "stack channel time"], list[Memory]]:
        """Return the pooled features, and what the way back needs if it is asked for."""
        features, memories = self._laid_out(planes), []
        for block in self.blocks:
            features, memory = block.forward(features, remember=remember)
            if memory is not None:
                memories.append(memory)
        return self._pooled(features, len(planes)), memories

    def predict(self, planes: Planes) -> Float[Tensor, "stack channel time"]:
        """Return the pooled features without a way back, in rounded numbers where that is faster."""
        if not (self.rounded and kernels.rounding_pays()):
            return self.forward(planes, remember=False)[0]
        features = self._laid_out(planes)
        for block in self.rounded:
            features = block.forward(features)
        return self._pooled(features, len(planes))

    def _laid_out(self, planes: Planes) -> Tensor:
        pattern = "stack (h w) time plane" if self.compiled else "(stack time) (h w) plane"
        return rearrange(planes, f"stack plane time h w -> {pattern}").contiguous()

    def _pooled(self, features: Tensor, stacks: int) -> Float[Tensor, "stack channel time"]:
        # The last of the compiled blocks averages over its pixels itself.
        pooled = features[:, 0] if self.compiled else features.mean(1)
        return pooled[..., : self.outputs].reshape(stacks, -1, self.outputs).mT

    def backward(self, slopes: Float[Tensor, "stack channel time"], memories: list[Memory]) -> Planes:
        """Return the gradient with respect to the planes."""
        features = self._before_pooling(functional.pad(slopes.mT, (0, self.blocks[-1].pitch - self.outputs)))
        for block, memory in zip(reversed(self.blocks), reversed(memories), strict=True):
            features = block.backward(features, memory)
        pattern = "stack (h w) time plane" if self.compiled else "(stack time) (h w) plane"
        height, width = self.size
        return rearrange(
            features[..., :PLANES],
            f"{pattern} -> stack plane time h w",
            stack=len(slopes),
            h=height,
            w=width,
        )

    def _before_pooling(self, slopes: Float[Tensor, "stack time channel"]) -> Tensor:
        """Return the gradient with respect to what ``_pooled`` was given: each pixel has the same part of it."""
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
