"""The spectrum of movies in the orthonormal cosine transform (DCT-II), in which mirrored borders leave no correlation.

It is computed as a product with the matrix of cosines, which for the usual lengths of shots and sizes of frames is
faster than a fast Fourier transform.
"""

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import torch
from jaxtyping import Float
from scipy.ndimage import gaussian_filter
from torch import Tensor
from torch.nn import functional

SPECTRUM_BLUR = (1.0, 0.7, 0.7)
"""Gaussian sigma in frequency steps (time, height, width) by which the logarithm of the spectrum is smoothed."""

LEAST_POWER = 1e-8
"""Share of the mean power that every frequency keeps, so that no movie is impossible."""


def cosine_transform(values: Float[Tensor, "..."], dimension: int) -> Float[Tensor, "..."]:
    """Return the orthonormal DCT-II along a dimension; its inverse is also its adjoint.

    >>> [round(value, 4) for value in cosine_transform(torch.tensor([1.0, 1.0, 1.0, 1.0]), 0).tolist()]
    [2.0, 0.0, 0.0, 0.0]
    """
    return _product(cosines(values.shape[dimension], values.dtype, values.device), values, dimension)


def inverse_cosine_transform(values: Float[Tensor, "..."], dimension: int) -> Float[Tensor, "..."]:
    """Return the inverse of ``cosine_transform`` along a dimension."""
    return _product(cosines(values.shape[dimension], values.dtype, values.device).T, values, dimension)


def spectrum_of(movie: Float[Tensor, "time row column"], lengths: Sequence[int]) -> Float[Tensor, "time row column"]:
    """Return the transforms over time, rows and columns of successive shots of these lengths in frames."""
    in_time = torch.cat([cosine_transform(shot, 0) for shot in torch.split(movie, list(lengths))])
    return cosine_transform(cosine_transform(in_time, 1), 2)


def movie_of(spectrum: Float[Tensor, "time row column"], lengths: Sequence[int]) -> Float[Tensor, "time row column"]:
    """Return the shots whose transforms by ``spectrum_of`` these are."""
    in_time = torch.cat([inverse_cosine_transform(shot, 0) for shot in torch.split(spectrum, list(lengths))])
    return inverse_cosine_transform(inverse_cosine_transform(in_time, 1), 2)


def _product(
    matrix: Float[Tensor, "length length"], values: Float[Tensor, "..."], dimension: int
) -> Float[Tensor, "..."]:
    """Return the matrix times the values along a dimension, without rearranging them in memory."""
    before, length, after = values.shape[:dimension], values.shape[dimension], values.shape[dimension:][1:]
    if not after:
        return values @ matrix.T
    product = matrix @ values.reshape(math.prod(before), length, math.prod(after))
    return product.reshape(*before, length, *after)


@lru_cache(maxsize=64)
def cosines(length: int, dtype: torch.dtype, device: torch.device) -> Float[Tensor, "length length"]:
    """Return the matrix whose rows are cosines of rising frequency, of unit length."""
    places = torch.arange(length, dtype=torch.float64)
    cosines = torch.cos(math.pi / length * torch.outer(places, places + 0.5)) * math.sqrt(2 / length)
    cosines[0] /= math.sqrt(2)
    return cosines.to(device, dtype)


def smoothed_spectrum(
    power: Float[np.ndarray, "frequency height width"],
) -> Float[np.ndarray, "frequency height width"]:
    """Smooth a spectrum on a logarithmic scale and keep its sum."""
    floored = power + LEAST_POWER * power.mean() + np.finfo(np.float32).tiny
    smooth = np.exp(gaussian_filter(np.log(floored), SPECTRUM_BLUR))
    return np.asarray(smooth * (floored.sum() / smooth.sum()), dtype=np.float32)


def resampled_spectrum(
    power: Float[Tensor, "frequency height width"], frames: int
) -> Float[Tensor, "{frames} height width"]:
    """Return the spectrum at the frequencies of a clip of another length.

    Coefficient k of a clip of n frames is at k / 2n cycles per frame; beyond the last known frequency, the power there
    is kept.
    """
    known = len(power)
    if known == frames:
        return power
    place = (torch.arange(frames, device=power.device) * (known / frames)).clamp(max=known - 1)
    low = place.floor().long().clamp(max=max(known - 2, 0))
    share = (place - low)[:, None, None]
    padded = functional.pad(power, (0, 0, 0, 0, 0, 1)) if known == 1 else power
    return padded[low] * (1 - share) + padded[low + 1] * share
