"""The orthonormal cosine transform (DCT-II) of tensors, in which movies with mirrored borders are uncorrelated."""

import math

import torch
from jaxtyping import Float
from torch import Tensor


def cosine_transform(values: Float[Tensor, "..."], dimension: int) -> Float[Tensor, "..."]:
    """Return the orthonormal DCT-II along a dimension; its inverse is also its adjoint.

    Source: Makhoul, A fast cosine transform in one and two dimensions, 1980.

    >>> [round(value, 4) for value in cosine_transform(torch.tensor([1.0, 1.0, 1.0, 1.0]), 0).tolist()]
    [2.0, 0.0, 0.0, 0.0]
    """
    moved = values.movedim(dimension, -1)
    length = moved.shape[-1]
    reordered = torch.cat([moved[..., ::2], moved[..., 1::2].flip(-1)], dim=-1)
    turned = torch.fft.fft(reordered) * _turns(length, values)
    result: Tensor = turned.real * _scales(length, values)
    return result.movedim(-1, dimension)


def inverse_cosine_transform(values: Float[Tensor, "..."], dimension: int) -> Float[Tensor, "..."]:
    """Return the inverse of ``cosine_transform`` along a dimension."""
    moved = values.movedim(dimension, -1)
    length = moved.shape[-1]
    real = moved / _scales(length, values)
    # The imaginary part of a real signal's turned transform is the mirrored real part.
    imaginary = -torch.cat([torch.zeros_like(real[..., :1]), real[..., 1:].flip(-1)], dim=-1)
    reordered = torch.fft.ifft(torch.complex(real, imaginary) / _turns(length, values)).real
    result = torch.empty_like(reordered)
    half = (length + 1) // 2
    result[..., ::2] = reordered[..., :half]
    result[..., 1::2] = reordered[..., half:].flip(-1)
    return result.movedim(-1, dimension)


def _turns(length: int, like: Tensor) -> Tensor:
    angles = torch.arange(length, device=like.device, dtype=like.dtype) * (-math.pi / (2 * length))
    return torch.complex(angles.cos(), angles.sin())


def _scales(length: int, like: Tensor) -> Tensor:
    scales = torch.full((length,), math.sqrt(2 / length), device=like.device, dtype=like.dtype)
    scales[0] = math.sqrt(1 / length)
    return scales
