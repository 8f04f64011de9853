"""Depth-wise convolutions of matrices of rows, a slice of the channels at a time."""

import torch
from einops import rearrange
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from reverie.encoders.dwiseneuro_blocks import ConvolutionNorm
from reverie.encoders.fast.folding import folded


class DepthwiseLayer:
    """A folded depth-wise convolution. picture: height and width that the rows are laid out as, rows last in memory.

    The spatial layer sees each frame as a picture; the temporal one sees each stack as a picture of time by pixel.
    """

    def __init__(self, layer: ConvolutionNorm, picture: tuple[int, int]) -> None:
        weight, self.bias = folded(layer)
        self.weight = weight.contiguous(memory_format=torch.channels_last)
        convolution = layer.convolution
        self.stride = list(convolution.stride)
        self.padding = [length // 2 for length in convolution.kernel_size]
        self.picture = picture

    def forward(self, rows: Float[Tensor, "row channel"], part: slice) -> Float[Tensor, "fewer channel"]:
        """Convolve the channels of a slice."""
        weight = self.weight[part]
        pictures = functional.conv2d(
            self._pictures(rows), weight, self.bias[part], self.stride, self.padding, groups=len(weight)
        )
        return rearrange(pictures, "n channel h w -> (n h w) channel")

    def backward(
        self, slopes: Float[Tensor, "fewer channel"], rows: Float[Tensor, "row channel"], part: slice
    ) -> Float[Tensor, "row channel"]:
        """Return the gradient with respect to the rows; of ``rows`` only the shape counts."""
        weight = self.weight[part]
        smaller = tuple(-(-length // stride) for length, stride in zip(self.picture, self.stride, strict=True))
        pictures, _, _ = torch.ops.aten.convolution_backward(
            _as_pictures(slopes, smaller),
            self._pictures(rows),
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
        gradient: Tensor = rearrange(pictures, "n channel h w -> (n h w) channel")
        return gradient

    def _pictures(self, rows: Tensor) -> Tensor:
        return _as_pictures(rows, self.picture)


def _as_pictures(rows: Tensor, picture: tuple[int, ...]) -> Float[Tensor, "n channel height width"]:
    return rows.view(-1, *picture, rows.shape[1]).permute(0, 3, 1, 2)
