"""The two depth-wise layers of a block and the non-linearities around them, a slice of the channels at a time.

Rows are (stack, time, pixel); a slice is a matrix of rows by channels. The spatial layer sees each frame as a picture,
the temporal one each stack as a picture of time by pixel: the same memory, channels last.
"""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from reverie.encoders.dwiseneuro_blocks import ConvolutionNorm, CoreBlock
from reverie.encoders.fast.folding import folded

SliceMemory = tuple[Tensor, Tensor, Tensor]
"""What came before the non-linearities after the widening, the spatial and the temporal layer."""

silu_back = torch.ops.aten.silu_backward


class DepthwiseLayers:
    """SiLU, spatial layer, SiLU, temporal layer, SiLU, with torch alone. size: of the pictures that enter."""

    def __init__(self, block: CoreBlock, size: tuple[int, int]) -> None:
        self.frames, self.size, self.stride = block.frames, size, block.stride
        self.smaller = (-(-size[0] // block.stride), -(-size[1] // block.stride))
        pixels = self.smaller[0] * self.smaller[1]
        self.space = DepthwiseLayer(block.spatial, size, self.smaller)
        self.time = DepthwiseLayer(block.temporal, (block.frames, pixels), (block.frames, pixels))

    def forward(
        self, widened: Float[Tensor, "row channel"], part: slice, *, remember: bool
    ) -> tuple[Float[Tensor, "fewer channel"], SliceMemory | None]:
        """Return what goes to the gate, and what the way back needs if it is asked for."""
        spaced = self.space.forward(functional.silu(widened, inplace=not remember), part)
        timed = self.time.forward(functional.silu(spaced, inplace=not remember), part)
        active = functional.silu(timed, inplace=not remember)
        return active, (widened, spaced, timed) if remember else None

    def gate_sums(self, gated: Float[Tensor, "fewer channel"], memory: SliceMemory) -> Float[Tensor, "stack channel"]:
        """Return the sum over each stack's rows of gradient times what went to the gate."""
        product = gated * functional.silu(memory[2])
        return product.view(-1, self.frames * self.smaller[0] * self.smaller[1], product.shape[1]).sum(1)

    def backward(
        self,
        gated: Float[Tensor, "fewer channel"],
        share: Float[Tensor, "stack channel"],
        memory: SliceMemory,
        part: slice,
    ) -> Float[Tensor, "row channel"]:
        """Return the gradient with respect to the widened channels. share: is added to each row of a stack."""
        widened, spaced, timed = memory
        slopes = (gated.view(len(share), -1, share.shape[1]) + share[:, None]).view_as(gated)
        slopes = self.time.backward(silu_back(slopes, timed), part)
        slopes = self.space.backward(silu_back(slopes, spaced), part)
        by_widened: Tensor = silu_back(slopes, widened)
        return by_widened


class DepthwiseLayer:
    """A folded depth-wise convolution. before, after: height and width the rows are laid out as."""

    def __init__(self, layer: ConvolutionNorm, before: tuple[int, int], after: tuple[int, int]) -> None:
        weight, self.bias = folded(layer)
        self.weight = weight.contiguous(memory_format=torch.channels_last)
        self.kernel, self.stride = layer.convolution.kernel_size, list(layer.convolution.stride)
        self.padding = [length // 2 for length in self.kernel]
        self.before, self.after = before, after

    def forward(self, rows: Float[Tensor, "row channel"], part: slice) -> Float[Tensor, "fewer channel"]:
        """Convolve the channels of a slice."""
        weight, pictures = self.weight[part], _as_pictures(rows, self.before)
        convolved = functional.conv2d(pictures, weight, self.bias[part], self.stride, self.padding, groups=len(weight))
        return _as_rows(convolved)

    def backward(self, slopes: Float[Tensor, "fewer channel"], part: slice) -> Float[Tensor, "row channel"]:
        """Return the gradient with respect to the rows."""
        weight, pictures = self.weight[part], _as_pictures(slopes, self.after)
        # Of what was convolved only the shape counts.
        rows = len(pictures) * self.before[0] * self.before[1]
        shape = _as_pictures(slopes.new_empty(rows, len(weight)), self.before)
        gradient, _, _ = torch.ops.aten.convolution_backward(
            pictures,
            shape,
            weight,
            None,
            self.stride,
            self.padding,
            [1, 1],
            False,
            [0, 0],
            len(weight),
            [True, False, False],
        )
        return _as_rows(gradient)


def _as_pictures(rows: Tensor, picture: tuple[int, ...]) -> Float[Tensor, "n channel height width"]:
    return rows.view(-1, *picture, rows.shape[1]).permute(0, 3, 1, 2)


def _as_rows(pictures: Float[Tensor, "n channel height width"]) -> Float[Tensor, "row channel"]:
    return pictures.permute(0, 2, 3, 1).reshape(-1, pictures.shape[1])
