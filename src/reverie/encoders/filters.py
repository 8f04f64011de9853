"""The filters of a space-time core: initial values like receptive fields in V1, and their convolution with pictures."""

import math
from typing import Any

import torch
from einops import rearrange
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional
from torch.nn.grad import conv2d_weight

CONTRAST_UNIT = 57.0
"""Grey levels that count as 1 inside an encoder: the standard deviation of the Sensorium 2023 movies."""

GOLDEN = (math.sqrt(5) - 1) / 2
SILVER = math.sqrt(2) - 1
"""Steps of this fraction of a range, modulo the range, spread any number of values evenly over it."""

PAIRS_PER_SPOT = 4
"""One in this many pairs of filters are spots, without which luminance would be lost."""

SHORTEST_WAVELENGTH = 2.5
"""The shortest wavelength of a Gabor patch in grid points."""

BLOCK_PIXELS = (3, 4)
"""Neighbouring pixels whose gradients are computed together, as the channels of one strided convolution."""


def spatial_filters(count: int, size: int) -> Float[Tensor, "{count} {size} {size}"]:
    """Return filters of unit length: Gabor patches in quadrature pairs, and spots.

    Orientations and wavelengths (2.5 grid points to the size) are spread evenly, so that the first few already cover
    them. The patches have no mean; the spots, every fourth pair from the first on, are Gaussians of different sizes.

    >>> spatial_filters(4, 9).shape
    torch.Size([4, 9, 9])
    """
    index = torch.arange(count)
    spread = torch.remainder((index // 2) * SILVER, 1)[:, None, None]
    wavelength = SHORTEST_WAVELENGTH * (size / SHORTEST_WAVELENGTH) ** spread
    axis = torch.arange(size) - (size - 1) / 2
    distance = axis[None, None, :] ** 2 + axis[None, :, None] ** 2
    patches = _gabors(index, wavelength, axis, distance, size)
    spot_index = index // (2 * PAIRS_PER_SPOT) * 2 + index % 2
    spot_size = 0.7 * (size / 4) ** torch.remainder(spot_index * GOLDEN, 1)[:, None, None]
    spots = torch.exp(-distance / (2 * spot_size**2))
    filters = torch.where(((index // 2) % PAIRS_PER_SPOT == 0)[:, None, None], spots, patches)
    unit: Tensor = filters / torch.linalg.vector_norm(filters, dim=(1, 2), keepdim=True)
    return unit


def _gabors(index: Tensor, wavelength: Tensor, axis: Tensor, distance: Tensor, size: int) -> Tensor:
    """Return Gabor patches without mean; a pair shares orientation and wavelength, a quarter of a cycle apart."""
    orientation = (math.pi * GOLDEN * (index // 2))[:, None, None]
    phase = (math.pi / 2 * (index % 2) + math.pi / 4)[:, None, None]
    along = axis[None, None, :] * orientation.cos() + axis[None, :, None] * orientation.sin()
    envelope = torch.exp(-distance / (2 * (0.45 * wavelength).clamp(max=size / 4) ** 2))
    patches = envelope * torch.cos(2 * math.pi * along / wavelength + phase)
    mean = patches.sum((1, 2), keepdim=True) / envelope.sum((1, 2), keepdim=True)
    centred: Tensor = patches - mean * envelope
    return centred


def temporal_filters(count: int, taps: int) -> Float[Tensor, "{count} {taps}"]:
    """Return kernels of unit length, latest frame last, the same for both filters of a quadrature pair.

    A gamma-shaped rise and fall with a delay between 2 and 5 frames, from purely positive to biphasic.

    >>> temporal_filters(2, 10).norm(dim=1)
    tensor([1., 1.])
    """
    pair = (torch.arange(count) // 2).float()[:, None]
    peak = 2 + 3 * torch.remainder(pair * GOLDEN, 1)
    biphasic = torch.remainder(pair * GOLDEN**2, 1)
    lag = torch.arange(taps - 1, -1, -1).float()[None]
    rise = (lag / peak) ** 2 * torch.exp(2 * (1 - lag / peak))
    late = lag / (1.8 * peak)
    kernels = rise - biphasic * late**2 * torch.exp(2 * (1 - late))
    unit: Tensor = kernels / torch.linalg.vector_norm(kernels, dim=1, keepdim=True)
    return unit


def convolve_pictures(
    pictures: Float[Tensor, "picture 1 height width"], filters: Float[Tensor, "filter 1 side side"]
) -> Float[Tensor, "picture filter height width"]:
    """Correlate pictures of one channel with filters of odd side, padded with zeros; equal to ``conv2d``.

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
    tall, wide = BLOCK_PIXELS
    turned = filters[:, 0].flip(1, 2)
    # One kernel for each pixel of a block: the flipped filter, shifted to that pixel.
    kernels = filters.new_zeros(tall, wide, len(filters), side + tall - 1, side + wide - 1)
    for row in range(tall):
        for column in range(wide):
            kernels[row, column, :, row : row + side, column : column + side] = turned
    kernels = kernels.flatten(0, 1).contiguous(memory_format=torch.channels_last)
    below, right = -height % tall, -width % wide
    if below or right:
        slopes = functional.pad(slopes, (0, right, 0, below))
    blocks = functional.conv2d(slopes, kernels, stride=BLOCK_PIXELS, padding=margin)
    gradient = rearrange(blocks, "n (r c) y x -> n 1 (y r) (x c)", r=tall, c=wide)
    return gradient[:, :, :height, :width]
