"""The spectrum of movies, (frequency, height, width): at the frequencies of a clip of any length, and smoothed."""

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

    Coefficient k of a clip of n frames is at k / 2n cycles a frame, whatever n; beyond the last known frequency the
    last one is kept.
    """
    known = len(power)
    if known == frames:
        return power
    place = (torch.arange(frames, device=power.device) * (known / frames)).clamp(max=known - 1)
    low = place.floor().long().clamp(max=max(known - 2, 0))
    share = (place - low)[:, None, None]
    padded = functional.pad(power, (0, 0, 0, 0, 0, 1)) if known == 1 else power
    return padded[low] * (1 - share) + padded[low + 1] * share
