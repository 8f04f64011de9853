"""The resolution of reconstructions as `reverie plan` defines it, measured inside a disk few cycles wide."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from jaxtyping import Bool, Float
from scipy.fft import dctn, idctn
from scipy.ndimage import binary_erosion, gaussian_filter

from reverie.foundation.arrays import Movie
from reverie.inversion.priors.gaussian import GaussianPrior
from reverie.planning.design import SPATIAL, TEMPORAL
from reverie.scoring.coherence import COARSE_CYCLES, SLOW_HERTZ, crossing

EDGES: Final = np.array([edge for edge in SPATIAL if edge >= 0.011])
"""Edges of the bands in cycles per degree: coarser patterns than these do not fit into the disk."""

FADE: Final = 2.0
"""Gaussian sigma in pixels by which the border of the disk fades out."""

COARSEST: Final = 0.005
"""Cycles per degree added to all frequencies where the spectrum is bent, so that the mean stays finite."""

Powers = Float[np.ndarray, "3 band"]
"""Power of the truth and of the reconstruction, and their cross-power, by band."""

Region = Bool[np.ndarray, "height width"]


def powers_in_space(
    found: Movie, truth: Movie, prior: GaussianPrior, region: Region, *, degrees: float, frame_rate: float
) -> Powers:
    """Return the powers of slow patterns inside a region, by spatial frequency (``EDGES``).

    A window 45 degrees wide mixes frequencies 0.02 cycles per degree apart, and movies' power falls so steeply that
    what leaks in from coarser ones would pass for resolution (by a fifth). Both movies are therefore brought to a
    spectrum of falling power 1 / √frequency before they are windowed: where the power of the truth falls so, the mean
    coherence over a symmetric neighbourhood of a point in the plane is, to second order, free of its slope.
    degrees: visual angle of a pixel.
    """
    height, width = truth.shape[1:]
    slow = _hertz(len(truth), frame_rate) <= SLOW_HERTZ
    power = np.square(prior.amplitude(len(truth)).numpy())[slow].mean(axis=0)
    cycles = np.hypot(np.arange(height)[:, None] / (2 * height), np.arange(width) / (2 * width)) / degrees
    bend = 1 / np.sqrt(power) / (cycles + COARSEST) ** 0.25
    products = _products(found, truth, prior, region, bend)[:, slow].sum(axis=1)
    band = np.digitize(_cycles(height, width, degrees), EDGES)
    return np.stack([np.bincount(band.ravel(), each.ravel())[1 : len(EDGES)] for each in products])


def powers_in_time(
    found: Movie, truth: Movie, prior: GaussianPrior, region: Region, *, degrees: float, frame_rate: float
) -> Powers:
    """Return the powers of coarse patterns inside a region, by temporal frequency (``TEMPORAL``)."""
    height, width = truth.shape[1:]
    coarse = _cycles(height, width, degrees) <= COARSE_CYCLES
    products = _products(found, truth, prior, region, np.ones(region.shape))[:, :, coarse].sum(axis=2)
    band = np.digitize(_hertz(len(truth), frame_rate), TEMPORAL)
    return np.stack([np.bincount(band, each)[1 : len(TEMPORAL)] for each in products])


def resolution_in_space(clips: Sequence[Powers], size: tuple[int, int], degrees: float) -> float:
    """Return where coherence falls below a half, cycles per degree; NaN where it is nowhere above.

    size: height and width of the frame.
    """
    cycles = _cycles(*size, degrees).ravel()
    band = np.digitize(cycles, EDGES)
    return crossing((np.bincount(band, cycles) / np.bincount(band))[1 : len(EDGES)], coherence(clips))


def resolution_in_time(clips: Sequence[Powers], frames: int, frame_rate: float) -> float:
    """Return where coherence falls below a half, hertz; NaN where it is not above at rest."""
    hertz = _hertz(frames, frame_rate)
    band = np.digitize(hertz, TEMPORAL)
    centres = (np.bincount(band, hertz) / np.maximum(np.bincount(band), 1))[1 : len(TEMPORAL)]
    held = np.bincount(band)[1 : len(TEMPORAL)] > 0
    return crossing(np.maximum(centres[held], 1e-4), coherence(clips)[held])


def coherence(clips: Sequence[Powers]) -> Float[np.ndarray, " band"]:
    """Return the coherence over clips, of which all count alike, however much contrast they have.

    So they do in a mean of video correlations. Bands that hold no frequency are NaN.
    """
    truth, found, cross = np.sum([_scaled(each) for each in clips], axis=0)
    power = truth * found
    shares = np.divide(np.square(cross), power, out=np.full(power.shape, np.nan), where=power > 0)
    return np.asarray(shares)


def _scaled(powers: Powers) -> Powers:
    truth, found = powers[:2].sum(axis=1)
    return np.asarray(powers / np.array([truth, found, np.sqrt(truth * found)])[:, None])


def _products(
    found: Movie, truth: Movie, prior: GaussianPrior, region: Region, bend: Float[np.ndarray, "height width"]
) -> Float[np.ndarray, "3 time height width"]:
    """Return squares and product of both movies' transforms: cosines in time, Fourier in space within the region.

    bend: what each spatial frequency is multiplied with before the movies are windowed.
    """
    mean, deviation = prior.mean.numpy(), prior.deviation.numpy()
    inner = binary_erosion(region, iterations=int(FADE))
    window = gaussian_filter(inner.astype(float), FADE) * region

    def transformed(movie: Movie) -> np.ndarray:
        spectrum = dctn((movie - mean) / deviation, norm="ortho") * bend
        return np.asarray(np.fft.fft2(idctn(spectrum, axes=(1, 2), norm="ortho") * window))

    first, second = transformed(truth), transformed(found)
    return np.stack([np.square(np.abs(first)), np.square(np.abs(second)), (first.conj() * second).real])


def _hertz(frames: int, frame_rate: float) -> Float[np.ndarray, " frame"]:
    """Return the frequencies of the cosines in time."""
    return np.arange(frames) / (2 * frames) * frame_rate


def _cycles(height: int, width: int, degrees: float) -> Float[np.ndarray, "height width"]:
    """Return cycles per degree of each coefficient of the Fourier transform of a frame."""
    rows, columns = (np.fft.fftfreq(length, degrees) for length in (height, width))
    return np.asarray(np.hypot(rows[:, None], columns))
