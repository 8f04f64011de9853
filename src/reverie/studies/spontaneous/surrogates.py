"""Surrogates: activity without information about a picture, otherwise like the recorded activity, for comparison.

There are three kinds: neurons exchange their time courses; each neuron is shifted in time by itself; or, the strictest,
only what neurons do not share is shifted, and the fluctuations of rates and noise that they share stay where they are.
"""

from typing import Literal, get_args

import numpy as np
from jaxtyping import Float
from scipy.linalg import eigh
from scipy.ndimage import gaussian_filter1d

Kind = Literal["shared kept", "time shifted", "neurons shuffled"]

KINDS: tuple[Kind, ...] = get_args(Kind)
"""Kinds of surrogates, the strictest first."""

SMOOTHING = 4.0
"""Gaussian sigma, in samples, by which activity is smoothed before its common part is found: single samples are mostly
noise."""

EPSILON = 1e-6
"""Added to standard deviations and means that something is divided by, which may be 0."""

Activity = Float[np.ndarray, "neuron _"]
"""The responses' sufficient statistic, or a decoder's input, (neuron, time)."""


def shared_part(activity: Activity, factors: int) -> Activity:
    """Return the mean of each neuron and what it shares with the others: its regression on the leading factors.

    Factors are the principal components over neurons of smoothed, standardised activity; the first is mostly the
    population's rate.
    """
    mean = activity.mean(axis=1, keepdims=True)
    centred = activity - mean
    smooth = gaussian_filter1d(centred / (activity.std(axis=1, keepdims=True) + EPSILON), SMOOTHING, axis=1)
    count = min(factors, len(activity))
    if count == 0:
        return np.broadcast_to(mean, activity.shape).astype(np.float32)
    last = len(activity) - 1
    _, vectors = eigh(smooth @ smooth.T / smooth.shape[1], subset_by_index=(last - count + 1, last))
    course = vectors.T @ smooth
    loadings = np.linalg.lstsq(course.T, centred.T, rcond=None)[0].T
    return np.asarray(mean + loadings @ course, dtype=np.float32)


def surrogate(activity: Activity, shared: Activity, kind: Kind, generator: np.random.Generator) -> Activity:
    """Draw a surrogate of a kind.

    Parameters
    ----------
    shared
        The ``shared_part`` of the activity.
    """
    if kind == "neurons shuffled":
        rows = generator.permutation(len(activity))
        means = activity.mean(axis=1) + EPSILON
        return np.asarray(activity[rows] * (means / means[rows])[:, None], dtype=np.float32)
    if kind == "time shifted":
        return shifted(activity, generator)
    rest = activity - shared
    spread = common_spread(rest)
    return np.asarray(shared + spread * shifted(rest / spread, generator), dtype=np.float32)


def common_spread(rest: Activity) -> Float[np.ndarray, " _"]:
    """Return the course in time of the neurons' common standard deviation, about 1: active moments are noisier."""
    variance = np.square(rest) / (np.square(rest).mean(axis=1, keepdims=True) + EPSILON)
    return np.sqrt(gaussian_filter1d(variance.mean(axis=0), SMOOTHING) + EPSILON)


def shifted(activity: Activity, generator: np.random.Generator) -> Activity:
    """Return activity with each neuron shifted circularly by a time of its own, at least a twentieth of the whole."""
    time = activity.shape[1]
    least = max(1, time // 20)
    moves = generator.integers(least, max(least + 1, time - least + 1), len(activity))
    return np.stack([np.roll(row, move) for row, move in zip(activity, moves, strict=True)])


def amplitude_adjusted(drawn: Activity, recorded: Activity) -> Activity:
    """Return each neuron's recorded responses, zeros included, sorted in time as the surrogate's are.

    Source: Theiler et al., Testing for nonlinearity in time series: the method of surrogate data, 1992.

    >>> amplitude_adjusted(np.array([[0.3, -0.2, 0.9]]), np.array([[0.0, 5.0, 0.0]])).tolist()
    [[0.0, 0.0, 5.0]]
    """
    ranks = drawn.argsort(axis=1).argsort(axis=1)
    return np.take_along_axis(np.sort(recorded, axis=1), ranks, axis=1)
