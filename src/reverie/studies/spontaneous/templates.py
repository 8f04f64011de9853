"""Templates: the activity that replays of clips would evoke, and the log likelihood ratio of activity given them.

Given the number of events in a sample, the neurons they come from are multinomial: neuron i has probability p_i when a
clip is replayed and q_i when nothing is. The log likelihood ratio Σ n_i · log(p_i / q_i) therefore does not depend on
how active the population is; fluctuations that multiply all rates alike cancel.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.ndimage import uniform_filter1d

ASSUMED_STRENGTH = 0.5
"""Assumed strength of a replay, as a share of the change of rates that the clip itself causes; it limits the weight of
a single neuron."""

LEAST_VARIANCE = 0.05
"""Least variance of a stretch, as a share of the mean variance, so that silence is not divided by 0."""

SURROUNDING_SAMPLES = 301
"""Samples (half a minute at 30 Hz) over which a neuron's share of all events is averaged, as expected without a
replay."""

LARGEST_LOG_RATIO = 1.0
"""Largest absolute log ratio of one event: a rare event of one neuron is no evidence by itself."""

SAMPLES_AT_ONCE = 50_000
"""Samples that are compared with a template at a time, which bounds the memory."""


@dataclass(frozen=True, eq=False)
class Template:
    """A stretch of a clip as neurons would replay it."""

    clip: str
    first: float
    """Second of the clip at which the stretch begins."""
    speed: float
    """Speed of the replay; negative for backwards."""
    contrast: float
    """How much the replay changes rates, relative to the clip."""
    ratio: Float[np.ndarray, "neuron sample"]
    """(neuron, sample), log(p / q)."""
    variance: Float[np.ndarray, " sample"]
    """(sample,), of one event's log ratio where nothing is replayed."""


def template_of(
    expected: Float[np.ndarray, "neuron sample"],
    typical: Float[np.ndarray, " neuron"],
    resting: Float[np.ndarray, " neuron"],
    dispersion: float = 1.0,
    **named: str | float,
) -> Template:
    """Return the template of a stretch.

    Parameters
    ----------
    expected
        Events per neuron and sample that the encoder expects during the stretch.
    typical
        Their mean over all clips.
    resting
        Mean events of the recorded activity.
    dispersion
        Variance of sums of events over time relative to that of independent events, above 1 since an event lasts;
        evidence is divided by it.
    named
        Clip, first, speed, contrast.
    """
    change = expected / (typical[:, None] + 1e-9)
    replayed = resting[:, None] * (1 - ASSUMED_STRENGTH + ASSUMED_STRENGTH * change) + 1e-12
    at_rest = (resting + 1e-12) / (resting + 1e-12).sum()
    ratio = np.log(replayed / replayed.sum(axis=0) / at_rest[:, None]).astype(np.float32)
    ratio = ratio.clip(-LARGEST_LOG_RATIO, LARGEST_LOG_RATIO)
    variance = at_rest @ np.square(ratio) - np.square(at_rest @ ratio)
    return Template(ratio=ratio / np.float32(dispersion), variance=variance / dispersion, **named)  # type: ignore[arg-type]


def log_ratio(activity: Float[np.ndarray, "neuron time"], template: Template) -> Float[np.ndarray, " start"]:
    """Return the log likelihood ratio of the stretch that begins at each sample; incomplete stretches are left out."""
    length, time = template.ratio.shape[1], activity.shape[1]
    found = np.empty(max(time - length + 1, 0), dtype=np.float32)
    for begin in range(0, len(found), SAMPLES_AT_ONCE):
        products = np.ascontiguousarray(activity[:, begin : begin + SAMPLES_AT_ONCE + length - 1].T) @ template.ratio
        found[begin : begin + SAMPLES_AT_ONCE] = _diagonals(products)
    return found


def significance(
    activity: Float[np.ndarray, "neuron time"], departures: Float[np.ndarray, "neuron time"], template: Template
) -> Float[np.ndarray, " start"]:
    """Return by how many standard deviations the log likelihood ratio of each stretch exceeds its expectation.

    The expectation is that without a replay, given the number of events and each neuron's activity around that time, so
    that neither active moments nor slow drifts count.

    Parameters
    ----------
    departures
        See ``departures_of``.
    """
    variance = np.correlate(activity.sum(axis=0, dtype=np.float64), template.variance, "valid")
    least = LEAST_VARIANCE * variance.mean() if len(variance) else 0.0
    return np.asarray(log_ratio(departures, template) / np.sqrt(np.maximum(variance, least + 1e-9)), dtype=np.float32)


def departures_of(activity: Float[np.ndarray, "neuron time"]) -> Float[np.ndarray, "neuron time"]:
    """Return each neuron's events minus the expected ones: all events of the sample times its share of those around."""
    events = activity.sum(axis=0)
    around = uniform_filter1d(activity, SURROUNDING_SAMPLES, axis=1, mode="reflect")
    return np.asarray(activity - around * (events / (around.sum(axis=0) + 1e-9)), dtype=np.float32)


def _diagonals(products: Float[np.ndarray, "time sample"]) -> Float[np.ndarray, " start"]:
    """Return the sums along all complete diagonals."""
    time, length = products.shape
    down, right = products.strides
    diagonals = np.lib.stride_tricks.as_strided(products, (time - length + 1, length), (down, down + right))
    return np.asarray(diagonals.sum(axis=1))
