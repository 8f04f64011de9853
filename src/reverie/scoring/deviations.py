"""Testing, by the maximum statistic, whether an error map holds more than trial noise would give, and where.

An error map is the reconstruction from recorded responses minus that from predicted ones: what the activity shows
beyond the encoder (Bauer et al. 2026). Null maps are made in the same way, from trials drawn around the predicted
rates.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.ndimage import center_of_mass, gaussian_filter, gaussian_filter1d, label

from reverie.foundation.arrays import AnyMovie, Movie
from reverie.foundation.errors import ReverieError
from reverie.scoring.correlation import Region

DETECTION_BLUR = (2.0, 2.0, 2.0)
"""Sigma in frames and pixels (t, y, x) of the blur before the test: it averages out speckle and keeps what lasts."""

POOLED_FRAMES = 8.0
"""Sigma in frames over which the variance of the null maps is averaged, since few maps alone estimate it poorly."""

LEAST_DEVIATION = 0.5
"""Smallest standard deviation, as a share of the median one. Where the null maps hardly vary, an invisible deviation
would otherwise count as large."""


@dataclass(frozen=True)
class Patch:
    """A connected piece of an error map beyond the threshold."""

    sign: int
    """1 where the map is above 0 (the activity makes the movie brighter than the encoder predicts), -1 where below."""
    first: int
    """Its first frame."""
    last: int
    """Its last frame."""
    row: float
    """Row of its middle, pixels."""
    column: float
    """Column of its middle, pixels."""
    size: int
    """Pixels × frames."""
    peak: float
    """Largest standardised deviation."""
    mean: float
    """Mean of the raw error map, grey levels."""


@dataclass(frozen=True)
class Deviations:
    """An error map beside its null distribution."""

    scores: Movie
    """(time, height, width), blurred error in standard deviations of the null maps, 0 outside the region."""
    significant: Bool[np.ndarray, "time height width"]
    """Where scores exceed the threshold; in a movie without deviations, the probability of any such pixel is the test's
    level."""
    threshold: float
    """Score from which on a pixel is significant, standard deviations."""
    p_value: float
    """Probability of a maximum at least as large without deviations."""
    maximum: float
    """The largest score of the map."""
    null_maxima: Float[np.ndarray, " draw"]
    """That of each null map."""
    patches: tuple[Patch, ...]
    """The significant pieces, largest first."""
    overall: float
    """Root mean square of the scores, which also grows with small deviations all over the movie."""
    null_overall: Float[np.ndarray, " draw"]
    """That of each null map."""
    overall_p_value: float
    """Probability of an overall score at least as large without deviations."""


def find_deviations(
    error_map: Movie, null_maps: Sequence[AnyMovie], region: Region, *, level: float = 0.05
) -> Deviations:
    """Test an error map (time, height, width), grey levels, against null maps of the same movie, inside the region.

    Each map, including the observed one, is standardised by the mean and variance of all the others. Under the null
    hypothesis the maps are therefore exchangeable, and the p-value, (1 + null maxima at least as large) / (1 + null
    maps), is exact. Raises ReverieError when there are too few null maps for the level (19 for 0.05), shapes differ or
    the region is empty.
    """
    least = round(1 / level) - 1
    if len(null_maps) < least:
        raise ReverieError(f"A level of {level:g} needs at least {least} null maps but there are {len(null_maps)}.")
    if not region.any() or any(null.shape != error_map.shape for null in null_maps):
        raise ReverieError("Error maps and null maps must have one shape, and the region at least one pixel.")
    maps = np.stack([gaussian_filter(each, DETECTION_BLUR)[:, region] for each in (error_map, *null_maps)])
    scores = _standardised(maps)
    maxima, overall = np.abs(scores).max(axis=(1, 2)), np.sqrt((scores**2).mean(axis=(1, 2), dtype=np.float64))
    allowed = int(level * len(maxima) + 1e-9) - 1
    threshold = float(np.sort(maxima[1:])[::-1][allowed])
    whole = np.zeros(error_map.shape, dtype=np.float32)
    whole[:, region] = scores[0]
    significant = np.abs(whole) > threshold
    patches = sorted(_patches(whole, significant, error_map), key=lambda patch: -patch.size)
    return Deviations(
        scores=whole,
        significant=significant,
        threshold=threshold,
        p_value=_rank(maxima),
        maximum=float(maxima[0]),
        null_maxima=maxima[1:],
        patches=tuple(patches),
        overall=float(overall[0]),
        null_overall=overall[1:],
        overall_p_value=_rank(overall),
    )


def _rank(values: Float[np.ndarray, " map"]) -> float:
    """Return the share of the values that are at least as large as the first, itself included."""
    return float((values >= values[0]).mean())


def _standardised(maps: Float[np.ndarray, "map time pixel"]) -> Float[np.ndarray, "map time pixel"]:
    """Return each map in standard deviations of the others, around their mean."""
    others = len(maps) - 1
    total, squares = maps.sum(axis=0, dtype=np.float64), (maps.astype(np.float64) ** 2).sum(axis=0)
    scores = np.empty_like(maps, dtype=np.float32)
    for number, each in enumerate(maps):
        mean = (total - each) / others
        variance = (squares - each.astype(np.float64) ** 2 - others * mean**2) / (others - 1)
        deviation = np.sqrt(gaussian_filter1d(np.maximum(variance, 0.0), POOLED_FRAMES, axis=0))
        floor = LEAST_DEVIATION * np.median(deviation)
        scores[number] = (each - mean) / np.maximum(deviation, max(floor, 1e-9))
    return scores


def _patches(scores: Movie, significant: Bool[np.ndarray, "time height width"], error_map: Movie) -> Iterator[Patch]:
    for sign in (1, -1):
        labels: Int[np.ndarray, "time height width"]
        labels, count = label(significant & (sign * scores > 0))
        for number in range(1, count + 1):
            inside = labels == number
            frames = np.flatnonzero(inside.any(axis=(1, 2)))
            _, row, column = center_of_mass(inside)
            yield Patch(
                sign=sign,
                first=int(frames[0]),
                last=int(frames[-1]),
                row=float(row),
                column=float(column),
                size=int(inside.sum()),
                peak=float(sign * np.abs(scores[inside]).max()),
                mean=float(error_map[inside].mean()),
            )
