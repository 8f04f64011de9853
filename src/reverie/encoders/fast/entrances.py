"""How features enter a block of the core: through a widening matrix product, and around the block by a shortcut.

Features are (picture, pixel, channel), where a picture is one frame of a stack; a widened slice of channels is a matrix
with (picture · pixel) rows. The first block's entrance takes the picture planes instead. Batch normalisation, after
training a fixed scale and shift, is folded into the layer before it.
"""

import torch
from einops import rearrange
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional

from reverie.encoders.dwiseneuro_blocks import ConvolutionNorm, CoreBlock, scale_and_shift


class Shortcut:
    """The nearest of the strided pixels, their channels tiled and normalised."""

    def __init__(self, block: CoreBlock, channels: int, size: tuple[int, int]) -> None:
        self.scale, self.shift = scale_and_shift(block.shortcut_norm)
        self.channels = channels
        self.pixels: Int[Tensor, " pixel"] | None = None
        if block.stride > 1:
            smaller = [-(-length // block.stride) for length in size]
            numbers = torch.arange(float(size[0] * size[1]), dtype=torch.float64, device=self.scale.device)
            nearest = functional.interpolate(numbers.view(1, 1, *size), size=smaller, mode="nearest")
            self.pixels = nearest.flatten().long()

    def forward(self, features: Float[Tensor, "picture pixel channel"]) -> Float[Tensor, "picture fewer outputs"]:
        """Carry features around the block."""
        chosen = features if self.pixels is None else features.index_select(1, self.pixels)
        copies = -(-len(self.scale) // self.channels)
        tiled = chosen.repeat(1, 1, copies)[..., : len(self.scale)]
        return torch.addcmul(self.shift, tiled, self.scale).contiguous()

    def backward(
        self, slopes: Float[Tensor, "picture fewer outputs"], pixels: int
    ) -> Float[Tensor, "picture pixel channel"]:
        """Carry a gradient back."""
        scaled = slopes * self.scale
        missing = -len(self.scale) % self.channels
        scaled = functional.pad(scaled, (0, missing)) if missing else scaled
        carried = rearrange(scaled, "n p (copy channel) -> n p copy channel", channel=self.channels).sum(2)
        if self.pixels is None:
            return carried
        # Every pixel is chosen at most once, so gradients need not be summed.
        spread = carried.new_zeros(len(carried), pixels, self.channels)
        return spread.index_copy_(1, self.pixels, carried)


class FeatureEntrance:
    """The entrance of every block but the first: positions added, then a point-wise layer."""

    def __init__(self, block: CoreBlock, size: tuple[int, int]) -> None:
        weight, self.bias = block.expansion.folded()
        self.weight = weight[:, :, 0, 0].T.contiguous()
        self.positions = rearrange(block.positions, "time channel h w -> time (h w) channel").contiguous()
        self.around = Shortcut(block, len(self.weight), size)

    def prepare(self, inputs: Float[Tensor, "picture pixel channel"]) -> Float[Tensor, "picture pixel channel"]:
        """Add the positions; gradients are with respect to the features that this returns."""
        stacks = inputs.view(-1, *self.positions.shape)
        return (stacks + self.positions).flatten(0, 1)

    def widen(self, features: Float[Tensor, "picture pixel channel"], part: slice) -> Float[Tensor, "row middle"]:
        """Return a slice of the widened channels, before their non-linearity."""
        return torch.addmm(self.bias[part], features.flatten(0, 1), self.weight[:, part])

    def shortcut(self, features: Float[Tensor, "picture pixel channel"]) -> Float[Tensor, "picture fewer outputs"]:
        """Carry the features around the block."""
        return self.around.forward(features)

    def widen_back(
        self, total: Float[Tensor, "picture pixel channel"], slopes: Float[Tensor, "row middle"], part: slice
    ) -> None:
        """Add to ``total`` the gradient with respect to the features, given that with respect to a widened slice."""
        total.flatten(0, 1).addmm_(slopes, self.weight[:, part].T)

    def shortcut_back(
        self, shape: torch.Size, slopes: Float[Tensor, "picture fewer outputs"]
    ) -> Float[Tensor, "picture pixel channel"]:
        """Carry a gradient back, to features of the given shape."""
        return self.around.backward(slopes, shape[1])


class PlaneEntrance:
    """The entrance of the first block, which sees the picture planes: stem, positions and expansion in one.

    All three are linear, and their constants are the sum of one part per frame and one per pixel. A widened channel is
    therefore a weighted sum of the planes plus these two parts, without a matrix product over the stem's features.
    """

    def __init__(self, stem: ConvolutionNorm, block: CoreBlock, size: tuple[int, int]) -> None:
        stem_weight, stem_bias = (part.double() for part in stem.folded())
        weight, bias = (part.double() for part in block.expansion.folded())
        positions = rearrange(block.positions.double(), "time channel h w -> time (h w) channel")
        by_pixel = positions[0]
        by_moment = (positions - positions[:1]).mean(1) + stem_bias
        onto_features = stem_weight[:, :, 0, 0].T
        onto_middle = weight[:, :, 0, 0].T
        self.frames, self.planes = block.frames, len(onto_features)
        self.features = LinearMap(onto_features, by_moment, by_pixel)
        self.middle = LinearMap(onto_features @ onto_middle, by_moment @ onto_middle + bias, by_pixel @ onto_middle)
        self.around = Shortcut(block, onto_features.shape[1], size)

    def prepare(self, inputs: Float[Tensor, "picture pixel plane"]) -> Float[Tensor, "picture pixel plane_and_one"]:
        """Add a plane of ones, which multiplies the part of each frame."""
        return functional.pad(inputs, (0, 1), value=1.0)

    def widen(self, features: Float[Tensor, "picture pixel plane"], part: slice) -> Float[Tensor, "row middle"]:
        """Weigh the planes."""
        return self.middle.forward(features, part).flatten(0, 1)

    def shortcut(self, features: Float[Tensor, "picture pixel plane"]) -> Float[Tensor, "picture fewer outputs"]:
        """Carry the stem's features around."""
        return self.around.forward(self.features.forward(features, slice(None)))

    def widen_back(
        self, total: Float[Tensor, "picture pixel plane"], slopes: Float[Tensor, "row middle"], part: slice
    ) -> None:
        """Weigh the gradient by the same weights."""
        total.flatten(0, 1).addmm_(slopes, self.middle.weight[:, part].T)

    def shortcut_back(
        self, shape: torch.Size, slopes: Float[Tensor, "picture fewer outputs"]
    ) -> Float[Tensor, "picture pixel plane"]:
        """Carry the gradient back through the stem."""
        return self.around.backward(slopes, shape[1]) @ self.features.weight.T


Entrance = FeatureEntrance | PlaneEntrance


class LinearMap:
    """planes @ weight + a part for each frame + a part for each pixel; the plane of ones has no weight."""

    def __init__(self, weight: Tensor, by_moment: Tensor, by_pixel: Tensor) -> None:
        moments = len(by_moment)
        stacked = torch.cat([weight.expand(moments, -1, -1), by_moment[:, None]], dim=1)
        self.weight = functional.pad(weight, (0, 0, 0, 1)).float()
        self.stacked, self.by_pixel = stacked.float(), by_pixel.float().contiguous()

    def forward(
        self, planes: Float[Tensor, "picture pixel plane"], part: slice
    ) -> Float[Tensor, "picture pixel channel"]:
        """Return a slice of the channels."""
        stacks = len(planes) // len(self.stacked)
        weights = self.stacked[..., part].repeat(stacks, 1, 1)
        pixels = self.by_pixel[:, part].expand(len(planes), -1, -1)
        return torch.baddbmm(pixels, planes, weights)
