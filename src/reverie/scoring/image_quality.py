"""Distances between movies in grey levels, structural similarity, and two descriptions of one movie."""

import math

import numpy as np
from jaxtyping import Float
from scipy.ndimage import gaussian_filter

from reverie.foundation.arrays import WHITE, Movie
from reverie.scoring.correlation import Region, pixels

SSIM_SIGMA = 1.5
"""Standard deviation in pixels of the Gaussian window of structural similarity (Wang et al. 2004)."""

SSIM_RADIUS = 5
"""Half width in pixels of that window, which is 11 × 11."""

ENTROPY_BINS = 25
"""Grey bins of the Shannon entropy (Bauer et al. 2026)."""


def rmse(reconstruction: Movie, truth: Movie, region: Region | None = None) -> float:
    """Return the root of the mean squared difference inside the region, in grey levels; 0 is perfect."""
    difference = pixels(reconstruction, region).astype(np.float64) - pixels(truth, region)
    return math.sqrt(np.mean(difference**2))


def psnr(reconstruction: Movie, truth: Movie, region: Region | None = None) -> float:
    """Return the peak signal-to-noise ratio 20·log10(255 / RMSE) in decibels; infinite for a perfect match."""
    error = rmse(reconstruction, truth, region)
    return 20 * math.log10(WHITE / error) if error > 0 else math.inf


def ssim_map(reconstruction: Movie, truth: Movie) -> Float[np.ndarray, "time height width"]:
    """Return Wang's structural similarity around every pixel of every frame; range -1 to 1.

    An 11 × 11 Gaussian window (σ = 1.5 px), k1 = 0.01, k2 = 0.03, peak 255; frames are mirrored at their borders.
    Source: Wang, Bovik, Sheikh & Simoncelli 2004.
    """
    found, true = reconstruction.astype(np.float64), truth.astype(np.float64)
    found_mean, true_mean = _windowed(found), _windowed(true)
    found_variance = _windowed(found**2) - found_mean**2
    true_variance = _windowed(true**2) - true_mean**2
    covariance = _windowed(found * true) - found_mean * true_mean
    return np.asarray(_similarity(found_mean, true_mean, found_variance, true_variance, covariance, (0.01, 0.03)))


def ssim(reconstruction: Movie, truth: Movie, region: Region | None = None) -> float:
    """Return Wang's structural similarity, averaged over frames and the pixels inside the region; 1 is perfect.

    Windows centred near the region's border look up to 5 px beyond it.
    """
    return float(pixels(ssim_map(reconstruction, truth), region).mean())


def global_ssim(reconstruction: Movie, truth: Movie, region: Region | None = None) -> float:
    """Return the "SSIM" of the released code: one window over all pixels and frames, k1 = k2 = 1.

    The huge constants pull it towards 1 whatever the movies are; it exists only for comparison with released numbers.
    As there, variances divide by n and the covariance by n - 1. Source: Bauer et al. 2026, released code.
    """
    found = pixels(reconstruction, region).astype(np.float64).ravel()
    true = pixels(truth, region).astype(np.float64).ravel()
    covariance = np.cov(found, true)[0, 1]
    return float(_similarity(found.mean(), true.mean(), found.var(), true.var(), covariance, (1.0, 1.0)))


def motion_energy(movie: Movie, region: Region | None = None) -> Float[np.ndarray, " pair"]:
    """Return the mean absolute difference of each pair of neighbouring frames inside the region, in grey levels.

    Computed in the movie's own precision. Source: Bauer et al. 2026.
    """
    return np.asarray(np.abs(np.diff(pixels(movie, region), axis=0)).mean(axis=1))


def shannon_entropy(movie: Movie, region: Region | None = None) -> Float[np.ndarray, " time"]:
    """Return the entropy of each frame's grey levels inside the region, in bits: 0 to log2(25).

    25 equal bins from 0 to 255; levels outside are counted in the end bins.

    >>> shannon_entropy(np.array([[[0.0, 255.0]], [[9.0, 9.0]]])).tolist()
    [1.0, 0.0]
    """
    inside = pixels(movie, region)
    levels = np.clip(inside * (ENTROPY_BINS / WHITE), 0, ENTROPY_BINS - 1).astype(np.intp)
    rows = np.arange(len(levels))[:, None] * ENTROPY_BINS
    counts = np.bincount((levels + rows).ravel(), minlength=len(levels) * ENTROPY_BINS).reshape(-1, ENTROPY_BINS)
    share = counts / inside.shape[1]
    return np.asarray(-(share * np.log2(np.where(share > 0, share, 1))).sum(axis=1) + 0.0)


def _windowed(movies: Float[np.ndarray, "time height width"]) -> Float[np.ndarray, "time height width"]:
    return np.asarray(gaussian_filter(movies, SSIM_SIGMA, radius=SSIM_RADIUS, axes=(1, 2)))


Numbers = Float[np.ndarray, "..."] | float


def _similarity(
    found_mean: Numbers,
    true_mean: Numbers,
    found_variance: Numbers,
    true_variance: Numbers,
    covariance: Numbers,
    constants: tuple[float, float],
) -> Numbers:
    luminance, contrast = ((each * WHITE) ** 2 for each in constants)
    likeness = (2 * found_mean * true_mean + luminance) * (2 * covariance + contrast)
    ceiling = (found_mean**2 + true_mean**2 + luminance) * (found_variance + true_variance + contrast)
    return likeness / ceiling
