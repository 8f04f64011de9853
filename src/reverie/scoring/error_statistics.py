"""How a map of deviations varies: with eccentricity, over time and space, and with the truth's contrast and motion."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Float
from scipy.ndimage import gaussian_filter

from reverie.foundation.arrays import DEGREES_PER_PIXEL, Mask, Movie
from reverie.foundation.errors import ReverieError
from reverie.scoring.correlation import Region, pearson

NEIGHBOURHOOD = 2.0
"""Sigma in pixels of the neighbourhood in which contrast and motion are measured."""

MOST_LAGS = 20
"""Largest lag of autocorrelations, frames or pixels."""


@dataclass(frozen=True)
class Eccentricity:
    """Mean absolute deviation by distance from where the population sees best."""

    degrees: Float[np.ndarray, " ring"]
    """Radius in the middle of each ring, degrees."""
    deviation: Float[np.ndarray, " ring"]
    """Mean absolute deviation in each ring, grey levels."""
    pixels: Float[np.ndarray, " ring"]
    """Number of pixels in each ring."""


def by_eccentricity(
    error_map: Movie,
    mask: Mask,
    region: Region,
    *,
    ring_degrees: float = 10.0,
    degrees_per_pixel: float = DEGREES_PER_PIXEL,
) -> Eccentricity:
    """Return the mean absolute deviation in rings around the mask's centre of mass, inside the region.

    Raises ReverieError when the region is empty or the mask is 0 in it.
    """
    weight = np.where(region, mask, 0.0).astype(np.float64)
    if weight.sum() <= 0:
        raise ReverieError("The mask is 0 everywhere in the region; there is no middle to measure distances from.")
    rows, columns = np.indices(mask.shape)
    down, right = rows - (rows * weight).sum() / weight.sum(), columns - (columns * weight).sum() / weight.sum()
    ring = (np.hypot(down, right)[region] * degrees_per_pixel // ring_degrees).astype(np.intp)
    deviation = np.abs(error_map[:, region]).mean(axis=0, dtype=np.float64)
    pixels = np.bincount(ring).astype(np.float64)
    sums = np.bincount(ring, weights=deviation)
    means = np.divide(sums, pixels, out=np.full_like(sums, np.nan), where=pixels > 0)
    return Eccentricity((np.arange(len(pixels)) + 0.5) * ring_degrees, means, pixels)


def autocorrelation(error_map: Movie, region: Region, axis: int, lags: int) -> Float[np.ndarray, " lag"]:
    """Return the correlation of a map with itself shifted by 0, 1, … ``lags`` - 1 along an axis (time, down, right).

    Only pairs with both ends inside the region count; the mean over the region is subtracted first. NaN for a constant
    map, and at lags at which the region has no pairs.
    """
    inside = np.broadcast_to(region, error_map.shape)
    centred = np.where(inside, error_map - error_map[:, region].mean(dtype=np.float64), 0.0)
    correlations = np.full(min(lags, error_map.shape[axis]), np.nan)
    for lag in range(len(correlations)):
        near = [slice(None)] * 3
        far = [slice(None)] * 3
        near[axis], far[axis] = slice(0, error_map.shape[axis] - lag), slice(lag, None)
        both = inside[tuple(near)] & inside[tuple(far)]
        first, second = centred[tuple(near)][both], centred[tuple(far)][both]
        power = np.sqrt((first**2).sum() * (second**2).sum())
        if power > 0:
            correlations[lag] = (first * second).sum() / power
    return correlations


def correlation_length(correlations: Float[np.ndarray, " lag"]) -> float:
    """Return the lag at which an autocorrelation first falls to 1/e, between lags by interpolation; NaN if it does not.

    For Gaussian noise blurred by sigma that is 2 sigma.

    >>> correlation_length(np.array([1.0, 0.5, 0.0])).__round__(3)
    1.264
    """
    below = np.flatnonzero(correlations <= 1 / np.e)
    if below.size == 0:
        return float("nan")
    lag = int(below[0])
    above, under = correlations[lag - 1], correlations[lag]
    return float(lag - 1 + (above - 1 / np.e) / (above - under))


def describe_error(error_map: Movie, truth: Movie, region: Region) -> dict[str, float]:
    """Return statistics of a map of deviations inside the region, by name.

    mean_absolute: grey levels. length_frames, length_down, length_right: lags at which the autocorrelation falls to
    1/e, frames and pixels. with_contrast, with_motion: see ``relation_to_truth``.
    """
    reach = min(MOST_LAGS, *error_map.shape)
    lengths = [correlation_length(autocorrelation(error_map, region, axis, reach)) for axis in range(3)]
    related = relation_to_truth(error_map, truth, region)
    return {
        "mean_absolute": float(np.abs(error_map[:, region]).mean(dtype=np.float64)),
        **dict(zip(("length_frames", "length_down", "length_right"), lengths, strict=True)),
        **{f"with_{name}": number for name, number in related.items()},
    }


def error_profiles(
    error_map: Movie, mask: Mask, region: Region, degrees_per_pixel: float = DEGREES_PER_PIXEL
) -> pd.DataFrame:
    """Return curves of a map of deviations inside the region, a row per point: along (the axis), place, value.

    Autocorrelations by the lag in frames and in pixels to the right, and the mean absolute deviation in grey levels
    by the distance in degrees from the middle of the mask.
    """
    reach = min(MOST_LAGS, *error_map.shape)
    rings = by_eccentricity(error_map, mask, region, degrees_per_pixel=degrees_per_pixel)
    curves = {
        "lag (frames)": (np.arange(reach), autocorrelation(error_map, region, 0, reach)),
        "lag (pixels)": (np.arange(reach), autocorrelation(error_map, region, 2, reach)),
        "eccentricity (°)": (rings.degrees, rings.deviation),
    }
    return pd.concat(
        [pd.DataFrame({"along": name, "place": x, "value": y}) for name, (x, y) in curves.items()], ignore_index=True
    )


def relation_to_truth(error_map: Movie, truth: Movie, region: Region) -> dict[str, float]:
    """Return how the size of deviations varies with the truth's local contrast and motion, over pixels × frames.

    Both are correlations, -1 to 1: of abs(error) with the standard deviation of the picture around the pixel, and
    with the mean absolute change from the frame before around it (without the first frame).
    """
    size = np.abs(error_map).astype(np.float64)
    blurred = gaussian_filter(truth.astype(np.float64), (0, NEIGHBOURHOOD, NEIGHBOURHOOD))
    power = gaussian_filter(truth.astype(np.float64) ** 2, (0, NEIGHBOURHOOD, NEIGHBOURHOOD))
    contrast = np.sqrt(np.maximum(power - blurred**2, 0.0))
    change = np.abs(np.diff(truth.astype(np.float64), axis=0))
    motion = gaussian_filter(change, (0, NEIGHBOURHOOD, NEIGHBOURHOOD))
    return {
        "contrast": float(pearson(size[:, region].ravel(), contrast[:, region].ravel())),
        "motion": float(pearson(size[1:, region].ravel(), motion[:, region].ravel())),
    }
