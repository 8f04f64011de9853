"""DwiseNeuro's core as one function with a gradient written by hand."""

from itertools import islice
from typing import Any

import torch
from einops import rearrange
from jaxtyping import Float
from torch import Tensor

from reverie.encoders.dwiseneuro import DwiseNeuro
from reverie.encoders.dwiseneuro_blocks import CoreBlock
from reverie.encoders.fast.block import BlockMemory, FrozenBlock
from reverie.encoders.fast.entrances import FeatureEntrance, PlaneEntrance


class FrozenCore:
    """Picture planes in, features averaged over the picture out."""

    def __init__(self, encoder: DwiseNeuro) -> None:
        self.blocks: list[FrozenBlock] = []
        self.size = size = encoder.canvas
        for number, block in enumerate(encoder.blocks):
            assert isinstance(block, CoreBlock)
            entrance = FeatureEntrance(block, size) if number else PlaneEntrance(encoder.stem, block, size)
            self.blocks.append(FrozenBlock(block, entrance, size))
            size = self.blocks[-1].smaller

    @property
    def numbers(self) -> int:
        """How many numbers the widest features of one stack are."""
        return max(block.numbers for block in self.blocks)

    def __call__(self, planes: Float[Tensor, "stack 5 time height width"]) -> Float[Tensor, "stack channel time"]:
        """Return the pooled features, differentiable with respect to the planes."""
        pooled: Tensor = _Core.apply(planes, self)  # type: ignore[no-untyped-call]  # torch's own
        return pooled

    def forward(
        self, planes: Float[Tensor, "stack 5 time height width"], *, remember: bool
    ) -> tuple[Float[Tensor, "stack channel time"], list[BlockMemory]]:
        """Return the pooled features, and what the way back needs if it is asked for."""
        features = rearrange(planes, "stack plane time h w -> (stack time) (h w) plane")
        memories = []
        for block in self.blocks:
            features, memory = block.forward(features, remember=remember)
            if memory is not None:
                memories.append(memory)
        return rearrange(features.mean(1), "(stack time) channel -> stack channel time", stack=len(planes)), memories

    def backward(
        self, slopes: Float[Tensor, "stack channel time"], memories: list[BlockMemory]
    ) -> Float[Tensor, "stack 5 time height width"]:
        """Return the gradient with respect to the planes."""
        pixels = self.blocks[-1].smaller[0] * self.blocks[-1].smaller[1]
        each = rearrange(slopes, "stack channel time -> (stack time) 1 channel") / pixels
        features = each.expand(-1, pixels, -1).contiguous()
        for block, memory in zip(reversed(self.blocks), reversed(memories), strict=True):
            features = block.backward(features, memory)
        height, width = self.size
        return rearrange(
            features[..., :-1], "(stack time) (h w) plane -> stack plane time h w", stack=len(slopes), h=height, w=width
        )


class _Core(torch.autograd.Function):
    @staticmethod
    def forward(context: Any, planes: Tensor, core: FrozenCore) -> Tensor:  # noqa: ANN401 - torch's own
        pooled, memories = core.forward(planes, remember=context.needs_input_grad[0])
        context.save_for_backward(*(tensor for memory in memories for tensor in memory.tensors))
        context.core, context.lengths = core, [len(memory.tensors) for memory in memories]
        return pooled

    @staticmethod
    def backward(context: Any, *slopes: Tensor) -> tuple[Tensor, None]:  # noqa: ANN401
        tensors = iter(context.saved_tensors)
        memories = [BlockMemory.of(list(islice(tensors, length))) for length in context.lengths]
        return context.core.backward(slopes[0], memories), None
