"""What a design will show, in closed form: the posterior of a Gaussian movie given neurons spread evenly over a field.

It needs only the spectrum of movies, and the neurons' information about them, by spatial and temporal frequency
(``MeasuredBands``). For a coefficient with power S about which the neurons have information I, the posterior variance
is S / (1 + S·I). The most probable movie has power S · S·I / (1 + S·I) there, and its coherence with the truth is S·I /
(1 + S·I). Source: Wiener filtering; Rasmussen & Williams, Gaussian Processes for Machine Learning, 2006, section 7.1.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from reverie.foundation.errors import ReverieError, reading_kept
from reverie.foundation.requests import ABOVE_0, require_possible
from reverie.scoring.coherence import COARSE_CYCLES, SLOW_HERTZ, crossing

SPATIAL = (0, 0.002, 0.004, 0.006, 0.008, 0.011, 0.015, 0.02, 0.026, 0.034, 0.044, 0.058, 0.075, 0.1, 0.13, 0.2)
"""Edges of the spatial bands, cycles per degree; the bands are narrow where the power of movies falls steeply."""

TEMPORAL = (0, 0.1, 0.3, 0.6, 1.0, 1.7, 2.5, 4.0, 6.0, 9.0, 15.1)
"""Edges of the temporal bands, hertz."""

LEARNING_MINUTES = 10.0
"""Minutes of training movies after which an encoder has learned half of what it can learn: assumed, not measured."""

NONLINEAR_NOISE = 6.0
"""Variance of the part of the drive that is not linear in the movie, relative to the linear part at each temporal
frequency; it counts as noise, and changes as slowly as movies do. Fitted to reconstructions of simulated animals
(docs/log/planning.md)."""

MOST_NEURONS = 10_000_000
"""A resolution that needs more neurons than this is called out of reach."""


@dataclass(frozen=True, eq=False)
class MeasuredBands:
    """Measurements of movies and of one animal's neurons, by frequency band; empty bands are left out."""

    cycles: Float[np.ndarray, " band"]
    """Centre of each band in space, cycles per degree."""
    hertz: Float[np.ndarray, " band"]
    """Centre of each band in time, hertz."""
    share: Float[np.ndarray, " band"]
    """Share of the cosine transform's coefficients that lie in the band."""
    power: Float[np.ndarray, " band"]
    """Mean variance of the movies' coefficients in the band, in units of the pixels' variance."""
    information: Float[np.ndarray, " band"]
    """Information about each coefficient of the band that one neuron per square degree gives, in inverse units of the
    power; it is multiplied by the density of neurons."""
    picture: float
    """Variance over the field of the movies' mean picture, in units of the pixels' variance."""
    seconds: float
    """Length of the clips."""
    degrees: float
    """Visual angle that a pixel spans, degrees."""
    neurons: int
    """Number of neurons it was measured on."""
    about: str
    """Where it was measured, in words, as on the page: "Measured on …"."""

    @classmethod
    def of(
        cls,
        cycles: Float[np.ndarray, "row column"],
        hertz: Float[np.ndarray, " time"],
        power: Float[np.ndarray, "time row column"],
        information: Float[np.ndarray, "time row column"],
        **known: Any,  # noqa: ANN401 - the other fields
    ) -> "MeasuredBands":
        """Average power and information over bands, given the frequencies of the coefficients."""
        place = np.digitize(cycles, SPATIAL)[None] * len(TEMPORAL) + np.digitize(hertz, TEMPORAL)[:, None, None] - 1
        band = np.unique(place, return_inverse=True)[1].ravel()
        count = np.bincount(band)

        def mean(values: np.ndarray) -> Float[np.ndarray, " band"]:
            spread = np.broadcast_to(values, power.shape).ravel()
            return np.asarray(np.bincount(band, spread) / count)

        middle = mean(cycles[None]), mean(hertz[:, None, None])
        return cls(*middle, count / power.size, mean(power), mean(information), **known)

    def to_json(self) -> dict[str, Any]:
        """Return the measurements, ready for JSON."""
        return {
            name: np.round(value, 9).tolist() if isinstance(value, np.ndarray) else value
            for name, value in asdict(self).items()
        }

    @classmethod
    def from_json(cls, measured: Mapping[str, Any]) -> "MeasuredBands":
        """Return measurements from what ``to_json`` returned; raises BadInput when something is missing."""
        names = ("cycles", "hertz", "share", "power", "information")
        with reading_kept("What a plan is made from", "measure it again"):
            return cls(**{**measured, **{name: np.asarray(measured[name], dtype=float) for name in names}})


@dataclass(frozen=True)
class Design:
    """An experiment that could be made."""

    neurons: int = 1500
    """Neurons of each animal whose receptive fields lie in the field."""
    field: float = 70.0
    """Diameter of the field that they cover, degrees of visual angle."""
    noise: float = 1.0
    """Variance of responses around their rates, relative to the measured one; deep or dim recordings have more."""
    scan_rate: float = 30.0
    """Scans per second."""
    minutes: float = 60.0
    """Minutes of movies that the encoder is trained on."""
    animals: int = 1
    """Number of animals that see the same movie in the same field, and whose responses are joined."""

    def __post_init__(self) -> None:
        require_possible(self, **dict.fromkeys(vars(self), ABOVE_0))


@dataclass(frozen=True)
class DesignPrediction:
    """How well a design will reconstruct movies, and how fine it will resolve them."""

    video_correlation: float
    """Video correlation of the reconstruction with the truth, inside the field."""
    cycles_per_degree: float
    """Spatial frequency at which the coherence of slow patterns falls below a half; infinite where it never does, NaN
    where it is never above."""
    hertz: float
    """Temporal frequency at which the coherence of patterns coarser than 0.032 cycles per degree falls below a half."""


def signal_to_noise(bands: MeasuredBands, design: Design) -> Float[np.ndarray, " band"]:
    """Return S · I of each band: the information of the responses relative to the prior's."""
    density = design.animals * design.neurons / (math.pi / 4 * design.field**2)
    learned = design.minutes / (design.minutes + LEARNING_MINUTES)
    # A scan holds the mean over the time since the scan before.
    transmitted = np.square(np.sinc(bands.hertz / design.scan_rate))
    noise = design.noise + NONLINEAR_NOISE * _relative_drive(bands) * transmitted
    return np.asarray(bands.power * bands.information * density * learned * transmitted / noise)


def _relative_drive(bands: MeasuredBands) -> Float[np.ndarray, " band"]:
    """Return the variance of one neuron's linear drive relative to its noise, at each band's temporal frequency."""
    moment = np.unique(bands.hertz.round(4), return_inverse=True)[1]
    driven = np.bincount(moment, bands.share * bands.power * bands.information) / np.bincount(moment, bands.share)
    return np.asarray(driven[moment] / bands.degrees**2)


def predict_design(bands: MeasuredBands, design: Design) -> DesignPrediction:
    """Return what a design will show, given the spectrum of movies and the information of one neuron."""
    ratio = signal_to_noise(bands, design)
    coherence = ratio / (1 + ratio)
    variance = bands.share * bands.power
    # Correlations ignore the mean over field and clip (a disk, whose transform is approximated by a Gaussian).
    flat = np.exp(-np.square(math.pi * design.field * bands.cycles) / 4)
    counted = variance * (1 - flat * np.square(np.sinc(bands.hertz * bands.seconds)))
    whole = counted.sum() + bands.picture
    return DesignPrediction(
        float(np.sqrt(((counted * coherence).sum() + bands.picture) / whole)),
        _resolution(bands.cycles, variance, coherence, bands.hertz <= SLOW_HERTZ),
        _resolution(bands.hertz, variance, coherence, bands.cycles <= COARSE_CYCLES),
    )


def neurons_for(bands: MeasuredBands, design: Design, cycles_per_degree: float) -> int | None:
    """Return how many neurons of each animal it takes to resolve a spatial frequency, all else as designed.

    None where more than ten million would be needed, or movies have no power at that frequency. Raises ReverieError
    when the frequency is not above 0.
    """
    if not cycles_per_degree > 0:
        raise ReverieError(f"A resolution is above 0 cycles per degree, not {cycles_per_degree}.")

    def resolves(neurons: int) -> bool:
        return predict_design(bands, replace(design, neurons=neurons)).cycles_per_degree >= cycles_per_degree

    low, high = 1, MOST_NEURONS
    if cycles_per_degree > SPATIAL[-1] or not resolves(high):
        return None
    while high - low > max(1, low // 200):
        middle = int(math.sqrt(low * high)) if low * 4 < high else (low + high) // 2
        low, high = (low, middle) if resolves(middle) else (middle, high)
    return high


def _resolution(
    axis: Float[np.ndarray, " band"],
    variance: Float[np.ndarray, " band"],
    coherence: Float[np.ndarray, " band"],
    pooled: Bool[np.ndarray, " band"],
) -> float:
    """Return the frequency along an axis at which the coherence of the pooled bands falls below a half."""
    frequencies = np.unique(axis[pooled].round(4))
    means = []
    for frequency in frequencies:
        here = pooled & (axis.round(4) == frequency)
        means.append(float((variance * coherence)[here].sum() / variance[here].sum()))
    return crossing(np.maximum(frequencies, 1e-4), np.array(means))
