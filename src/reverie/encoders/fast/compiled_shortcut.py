"""The shortcut around a compiled block, to which the projection's bias and the next block's positions are added."""

import copy
from dataclasses import replace

import torch
from einops import rearrange
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional

from reverie.encoders.dwiseneuro_blocks import CoreBlock
from reverie.encoders.fast import kernels
from reverie.encoders.fast.entrances import PlaneEntrance, Shortcut
from reverie.encoders.fast.kernels import LANES, Layout, padded


class FeatureAround:
    """The shortcut of every block but the first.

    Where the layout is pooled, each pixel holds its part of the mean over the picture.

    Parameters
    ----------
    following
        The next block, None after the last.
    """

    def __init__(self, block: CoreBlock, shortcut: Shortcut, layout: Layout, following: CoreBlock | None) -> None:
        self.layout = layout
        part = 1 / layout.smaller_pixels if layout.pooled else 1
        self.scale = (part * shortcut.scale).contiguous()
        self.shift = part * (shortcut.shift + block.projection.folded()[1])
        self.chosen = _chosen(shortcut, layout.pixels)
        self.positions = None if following is None else _positions(following)

    def forward(self, features: Float[Tensor, "stack pixel time channel"]) -> Float[Tensor, "stack fewer time outputs"]:
        """Carry features around the block."""
        stacks, _, frames, _ = features.shape
        outputs = features.new_empty(stacks, len(self.chosen), frames, padded(self.layout.outputs))
        constants = (self.chosen, self.scale, self.shift, self.positions)
        kernels.call("around", self.layout.shape(stacks), features, *constants, outputs)
        return outputs

    def backward(self, slopes: Float[Tensor, "stack fewer time outputs"]) -> Float[Tensor, "stack pixel time channel"]:
        """Carry a gradient back."""
        stacks, _, frames, _ = slopes.shape
        total = slopes.new_empty(stacks, self.layout.pixels, frames, self.layout.pitch)
        kernels.call("around_back", self.layout.shape(stacks), slopes, self.chosen, self.scale, total)
        return total


class PooledAround:
    """The shortcut of the last block, whose outputs are only needed as their mean over the picture of ``pixels``."""

    def __init__(self, rest: "FeatureAround | PlaneAround", pixels: int) -> None:
        self.rest, self.pixels = rest, pixels

    def forward(self, features: Float[Tensor, "stack pixel time channel"]) -> Float[Tensor, "stack 1 time outputs"]:
        """Carry features around the block and add up their parts of the mean."""
        return self.rest.forward(features).sum(1, keepdim=True)

    def backward(self, slopes: Float[Tensor, "stack 1 time outputs"]) -> Float[Tensor, "stack pixel time channel"]:
        """Carry a gradient back, the same for each pixel's part."""
        return self.rest.backward(slopes.expand(-1, self.pixels, -1, -1).contiguous())


class PlaneAround:
    """The shortcut of the first block: the stem's features, computed only where they are copied."""

    def __init__(self, block: CoreBlock, entrance: PlaneEntrance, layout: Layout, following: CoreBlock | None) -> None:
        self.pixels, planes, stem = layout.pixels, entrance.planes, entrance.features
        self.chosen = _chosen(entrance.around, layout.pixels)
        self.weight = stem.weight[:planes].contiguous()
        self.start = stem.by_pixel[self.chosen, None] + stem.stacked[:, planes]
        channels = self.weight.shape[1]
        copied = replace(layout, size=layout.smaller, stride=1, inputs=channels, pitch=channels)
        everywhere = copy.copy(entrance.around)
        everywhere.pixels = None
        self.rest = FeatureAround(block, everywhere, copied, following)

    def forward(self, planes: Float[Tensor, "stack pixel time plane"]) -> Float[Tensor, "stack fewer time outputs"]:
        """Carry the stem's features around the block."""
        return self.rest.forward(planes.index_select(1, self.chosen) @ self.weight + self.start)

    def backward(self, slopes: Float[Tensor, "stack fewer time outputs"]) -> Float[Tensor, "stack pixel time lane"]:
        """Carry a gradient back through the stem; the planes are filled up to ``LANES``."""
        carried = self.rest.backward(slopes) @ self.weight.T
        stacks, _, frames, planes = carried.shape
        total = carried.new_zeros(stacks, self.pixels, frames, LANES)
        return total.index_copy_(1, self.chosen, functional.pad(carried, (0, LANES - planes)))


Around = FeatureAround | PooledAround | PlaneAround


def _chosen(shortcut: Shortcut, pixels: int) -> Int[Tensor, " chosen"]:
    return torch.arange(pixels) if shortcut.pixels is None else shortcut.pixels


def _positions(block: CoreBlock) -> Float[Tensor, "pixel time channel"]:
    positions = rearrange(block.positions, "time channel h w -> (h w) time channel")
    return functional.pad(positions, (0, padded(positions.shape[2]) - positions.shape[2])).contiguous()
