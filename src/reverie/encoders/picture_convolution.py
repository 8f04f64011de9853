"""A convolution of single pictures whose gradient with respect to the picture is quick, as reconstruction needs it."""

from typing import Any

import torch
from einops import rearrange
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional
from torch.nn.grad import conv2d_weight

BLOCK = (3, 4)
"""Neighbouring pixels whose gradients are computed together, as the channels of one strided convolution."""


def convolve_pictures(
    pictures: Float[Tensor, "picture 1 height width"], filters: Float[Tensor, "filter 1 side side"]
) -> Float[Tensor, "picture filter height width"]:
    """Correlate pictures of one channel with filters of odd side, zeros around; the same as ``conv2d``, any order.

    The usual gradient with respect to the picture is a convolution onto a single channel, which leaves most of a
    processor's lanes idle: it takes ten times as long as the forward pass. Here blocks of pixels share the work.
    """
    outputs: Tensor = _PictureConvolution.apply(pictures, filters)  # type: ignore[no-untyped-call]  # torch's own
    return outputs


class _PictureConvolution(torch.autograd.Function):
    @staticmethod
    def forward(context: Any, pictures: Tensor, filters: Tensor) -> Tensor:  # noqa: ANN401 - torch's own
        context.save_for_backward(pictures, filters)
        kernels = filters.contiguous(memory_format=torch.channels_last)
        return functional.conv2d(pictures, kernels, padding=filters.shape[-1] // 2)

    @staticmethod
    def backward(context: Any, *slopes: Tensor) -> tuple[Tensor | None, Tensor | None]:  # noqa: ANN401
        pictures, filters = context.saved_tensors
        for_pictures, for_filters = context.needs_input_grad
        by_picture = picture_gradient(slopes[0], filters) if for_pictures else None
        by_filter = None
        if for_filters:
            margin = filters.shape[-1] // 2
            by_filter = conv2d_weight(  # type: ignore[no-untyped-call]  # torch leaves it without types
                pictures, filters.shape, slopes[0], padding=margin
            )
        return by_picture, by_filter


def picture_gradient(
    slopes: Float[Tensor, "picture filter height width"], filters: Float[Tensor, "filter 1 side side"]
) -> Float[Tensor, "picture 1 height width"]:
    """Return the gradient with respect to the pictures, one block of pixels per step of a strided convolution."""
    height, width = slopes.shape[2:]
    side, margin = filters.shape[-1], filters.shape[-1] // 2
    tall, wide = BLOCK
    turned = filters[:, 0].flip(1, 2)
    # One kernel for each pixel of a block: the turned filter, moved to where that pixel is.
    kernels = filters.new_zeros(tall, wide, len(filters), side + tall - 1, side + wide - 1)
    for row in range(tall):
        for column in range(wide):
            kernels[row, column, :, row : row + side, column : column + side] = turned
    kernels = kernels.flatten(0, 1).contiguous(memory_format=torch.channels_last)
    below, right = -height % tall, -width % wide
    if below or right:
        slopes = functional.pad(slopes, (0, right, 0, below))
    blocks = functional.conv2d(slopes, kernels, stride=BLOCK, padding=margin)
    gradient = rearrange(blocks, "n (r c) y x -> n 1 (y r) (x c)", r=tall, c=wide)
    return gradient[:, :, :height, :width]
