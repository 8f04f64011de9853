"""How well each frequency of a movie is reconstructed: coherence between truth and reconstruction."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.ndimage import binary_erosion, gaussian_filter

from reverie.foundation.arrays import DEGREES_PER_PIXEL, FRAME_RATE, Movie
from reverie.foundation.errors import ReverieError
from reverie.scoring.correlation import Region

TAPER = 2.0
"""Gaussian sigma in pixels with which the region fades out at its border."""

SPATIAL = np.array([0.008, 0.016, 0.024, 0.032, 0.044, 0.06, 0.08, 0.11, 0.147])
"""Edges of the bands of spatial frequency, cycles per degree, whatever the orientation."""

TEMPORAL = np.array([0.2, 0.7, 1.5, 2.5, 3.5, 5.0, 7.0, 10.0, 14.0])
"""Edges of the bands of temporal frequency, hertz."""

SPATIAL_CENTRES, TEMPORAL_CENTRES = (np.sqrt(edges[:-1] * edges[1:]) for edges in (SPATIAL, TEMPORAL))
"""Geometric means of the edges of each band."""

COARSE_CYCLES, SLOW_HERTZ = 0.032, 2.5
"""Cycles per degree and hertz: bands below are pooled when the resolution along the other axis is measured."""

Cells = Float[np.ndarray, "spatial temporal"]
"""A value for each band of spatial and temporal frequency."""


@dataclass(frozen=True)
class Spectra:
    """Power of truth and reconstruction, and their cross-spectrum, summed over the frequencies of each band."""

    truth: Cells
    found: Cells
    cross: np.ndarray

    def pooled(self, spatial: slice, temporal: slice) -> "Spectra":
        """Return the sums over some bands, as a single cell."""
        cells = (np.asarray(part[spatial, temporal].sum(keepdims=True)) for part in vars(self).values())
        return Spectra(*cells)

    @property
    def coherence(self) -> Cells:
        """Magnitude-squared coherence, 0 to 1; NaN where the truth or the reconstruction has no power."""
        power = self.truth * self.found
        shares = np.divide(np.abs(self.cross) ** 2, power, out=np.full(power.shape, np.nan), where=power > 0)
        return np.asarray(shares)


def add_up(spectra: Sequence[Spectra]) -> Spectra:
    """Return the sums over clips; raises ReverieError when there is none."""
    if not spectra:
        raise ReverieError("Coherence needs at least one clip.")
    return Spectra(
        sum((each.truth for each in spectra), np.zeros(())),
        sum((each.found for each in spectra), np.zeros(())),
        sum((each.cross for each in spectra), np.zeros(())),
    )


def spectra_of(
    found: Movie,
    truth: Movie,
    region: Region,
    *,
    frame_rate: float = FRAME_RATE,
    degrees_per_pixel: float = DEGREES_PER_PIXEL,
) -> Spectra:
    """Return the spectra of a clip inside a region that fades out towards its border, and over time (Hann window).

    The coherence of a single frequency is always 1; it is meaningful once many frequencies, or clips, are summed in a
    band. Source: Bendat & Piersol, Random Data, 2010, section 9.

    Parameters
    ----------
    found, truth
        (time, height, width).
    """
    inner = binary_erosion(region, iterations=int(TAPER)) if region.sum() > 100 else region
    window = np.hanning(len(truth) + 2)[1:-1, None, None] * (gaussian_filter(inner.astype(float), TAPER) * region)
    first, second = (_transform(movie, window) for movie in (truth, found))
    time, height, width = truth.shape
    hertz = np.fft.rfftfreq(time, 1 / frame_rate)
    rows, columns = (np.fft.fftfreq(size, degrees_per_pixel) for size in (height, width))
    place = np.digitize(np.hypot(rows[:, None], columns), SPATIAL) - 1
    moment = np.digitize(hertz, TEMPORAL) - 1
    values = (np.abs(first) ** 2, np.abs(second) ** 2, first.conj() * second)
    return Spectra(*(_summed(value, moment, place) for value in values))


def crossing(centres: Float[np.ndarray, " band"], values: Float[np.ndarray, " band"]) -> float:
    """Return the frequency at which values first fall below a half, interpolated on a logarithmic axis.

    NaN when the first value is below it already, infinite when none is.

    >>> round(crossing(np.array([1.0, 2.0, 4.0]), np.array([0.9, 0.75, 0.25])), 3)
    2.828
    """
    below = np.flatnonzero(~(values >= 0.5))
    if below.size == 0:
        return float("inf")
    place = int(below[0])
    if place == 0:
        return float("nan")
    share = (values[place - 1] - 0.5) / (values[place - 1] - values[place])
    return float(np.exp((1 - share) * np.log(centres[place - 1]) + share * np.log(centres[place])))


def _transform(movie: Movie, window: Float[np.ndarray, "time height width"]) -> np.ndarray:
    """Return the Fourier transform, time along the first axis (frequencies from 0 up), of the windowed movie."""
    centred = movie - (movie * window).sum() / window.sum()
    return np.asarray(np.fft.fft2(np.fft.rfft(centred * window, axis=0)))


def _summed(values: np.ndarray, moment: np.ndarray, place: np.ndarray) -> np.ndarray:
    """Sum values (frequency, row, column) over the frequencies of each band."""
    by_place = np.stack([values[:, place == number].sum(axis=1) for number in range(len(SPATIAL) - 1)])
    return np.stack([by_place[:, moment == number].sum(axis=1) for number in range(len(TEMPORAL) - 1)], axis=1)
