"""How much more likely a stretch of activity is if the neurons went through a clip than if they did not.

Given how many events there are in a sample, which neurons they come from is multinomial: with probability p_i of a clip
or q_i of nothing. The log likelihood ratio Σ n_i · log(p_i / q_i) therefore asks nothing of how active the population
is; fluctuations that multiply all rates alike cancel.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float
from scipy.ndimage import uniform_filter1d

ASSUMED_STRENGTH: Final = 0.5
"""Share of its change that a clip is taken to have when it is replayed; halves what a single neuron can decide."""

LEAST_VARIANCE: Final = 0.05
"""Of the mean variance, what a stretch has at least: silence must not divide by nothing."""

AROUND: Final = 301
"""Samples, half a minute, over which a neuron's share of all events is taken as it is without a replay."""

MOST_OF_ONE: Final = 1.0
"""Log ratio of one event, either way, at most: a rare event of one neuron is no evidence by itself."""

AT_ONCE: Final = 50_000
"""Samples that are held against a template at once."""


@dataclass(frozen=True, eq=False)
class Template:
    """A stretch of a clip as neurons would go through it.

    clip, first, speed, contrast: which; first in seconds of the clip. ratio: (neuron, sample), log(p / q). variance:
    (sample,), of an event's log ratio where nothing is replayed.
    """

    clip: str
    first: float
    speed: float
    contrast: float
    ratio: Float[np.ndarray, "neuron sample"]
    variance: Float[np.ndarray, " sample"]


def template_of(
    expected: Float[np.ndarray, "neuron sample"],
    typical: Float[np.ndarray, " neuron"],
    resting: Float[np.ndarray, " neuron"],
    dispersion: float = 1.0,
    **named: str | float,
) -> Template:
    """Return the template of a stretch.

    expected: events a neuron and sample that the encoder expects of it. typical: the same, over all clips. resting:
    mean events of the recorded activity. dispersion: by how much sums of events over time vary more than independent
    ones, since an event lasts; evidence counts as many times less. named: clip, first, speed, contrast.
    """
    change = expected / (typical[:, None] + 1e-9)
    replayed = resting[:, None] * (1 - ASSUMED_STRENGTH + ASSUMED_STRENGTH * change) + 1e-12
    at_rest = (resting + 1e-12) / (resting + 1e-12).sum()
    ratio = np.log(replayed / replayed.sum(axis=0) / at_rest[:, None]).astype(np.float32)
    ratio = ratio.clip(-MOST_OF_ONE, MOST_OF_ONE)
    variance = at_rest @ np.square(ratio) - np.square(at_rest @ ratio)
    return Template(ratio=ratio / np.float32(dispersion), variance=variance / dispersion, **named)  # type: ignore[arg-type]


def log_ratio(activity: Float[np.ndarray, "neuron time"], template: Template) -> Float[np.ndarray, " start"]:
    """Return the log likelihood ratio of the stretch that begins at each sample; none begins too late to be whole."""
    length, time = template.ratio.shape[1], activity.shape[1]
    found = np.empty(max(time - length + 1, 0), dtype=np.float32)
    for begin in range(0, len(found), AT_ONCE):
        products = np.ascontiguousarray(activity[:, begin : begin + AT_ONCE + length - 1].T) @ template.ratio
        found[begin : begin + AT_ONCE] = _diagonals(products)
    return found


def significance(
    activity: Float[np.ndarray, "neuron time"], departures: Float[np.ndarray, "neuron time"], template: Template
) -> Float[np.ndarray, " start"]:
    """Return by how many standard deviations the log likelihood ratio of each stretch exceeds what is expected.

    Expected where nothing is replayed, of as many events as there are and neurons as active as they are at that time:
    neither active moments nor slow drifts count. departures: see ``departures_of``.
    """
    variance = np.correlate(activity.sum(axis=0, dtype=np.float64), template.variance, "valid")
    least = LEAST_VARIANCE * variance.mean() if len(variance) else 0.0
    return np.asarray(log_ratio(departures, template) / np.sqrt(np.maximum(variance, least + 1e-9)), dtype=np.float32)


def departures_of(activity: Float[np.ndarray, "neuron time"]) -> Float[np.ndarray, "neuron time"]:
    """Return events less those expected of each neuron, given how many there are and its share of them around."""
    events = activity.sum(axis=0)
    around = uniform_filter1d(activity, AROUND, axis=1, mode="reflect")
    return np.asarray(activity - around * (events / (around.sum(axis=0) + 1e-9)), dtype=np.float32)


def _diagonals(products: Float[np.ndarray, "time sample"]) -> Float[np.ndarray, " start"]:
    """Return the sums along all whole diagonals."""
    time, length = products.shape
    down, right = products.strides
    diagonals = np.lib.stride_tricks.as_strided(products, (time - length + 1, length), (down, down + right))
    return np.asarray(diagonals.sum(axis=1))
