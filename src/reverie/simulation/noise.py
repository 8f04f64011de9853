"""Trial noise: sparse events of random size around the true rates, as deconvolved calcium imaging shows them."""

from typing import Final

import numpy as np
from jaxtyping import Float

from reverie.foundation.errors import ReverieError

NOISE_LEVELS: Final[dict[str, float]] = {"default": 12.0, "realistic": 36.0}
"""Variance of single frames around a rate, in units of that rate times the neuron's mean rate."""

EVENT_SIZE = 14.0
"""Mean size of an event, in units of the neuron's mean rate; it makes about four in five responses zero."""


def noise_level(noise: str | float) -> float:
    """Return the noise knob's value for a name or a number; raises ReverieError when it is neither.

    >>> noise_level("realistic") > noise_level("default") > noise_level(0.0)
    True
    """
    level = NOISE_LEVELS.get(noise) if isinstance(noise, str) else float(noise)
    if level is None or not np.isfinite(level) or level < 0:
        raise ReverieError(f"{noise!r} is not a noise level; use {' or '.join(NOISE_LEVELS)}, or a number >= 0.")
    return level


def draw_responses(
    event_rates: Float[np.ndarray, "neuron before_and_time"],
    means: Float[np.ndarray, " neuron"],
    calcium: Float[np.ndarray, " lag"],
    level: float,
    generator: np.random.Generator,
) -> Float[np.ndarray, "neuron time"]:
    """Draw one trial's responses: events are drawn frame by frame, then smeared by the indicator.

    event_rates: expected responses a frame, starting the length of ``calcium`` less one early. means: each neuron's
    mean rate. level: the noise knob, see ``NOISE_LEVELS``; 0 gives the rates themselves. The expectation is the smeared
    rate exactly, the variance ``level * mean * rate`` where the rate is steady. The number of events is Poisson and
    their sizes gamma-distributed, with a heavier tail the larger the level.
    """
    events = (
        event_rates if level == 0 else _draw_events(event_rates, means, level / float((calcium**2).sum()), generator)
    )
    frames = events.shape[1] - len(calcium) + 1
    responses = np.zeros((len(events), frames), dtype=np.float32)
    for lag, weight in enumerate(calcium):
        responses += np.float32(weight) * events[:, lag : lag + frames]
    return responses


def _draw_events(
    rates: Float[np.ndarray, "neuron time"],
    means: Float[np.ndarray, " neuron"],
    variance: float,
    generator: np.random.Generator,
) -> Float[np.ndarray, "neuron time"]:
    """Draw events with expectation ``rates`` and variance ``variance * mean * rate``."""
    # Of the variance, one part is the number of events, the other the spread of their sizes, at least as large.
    size = min(EVENT_SIZE, variance / 2)
    shape = 1.0 / (variance / size - 1.0)
    scale = means / shape * size
    counts = generator.poisson(rates / (size * means[:, None]))
    events = np.zeros(rates.shape, dtype=np.float32)
    neuron, frame = np.nonzero(counts)
    events[neuron, frame] = generator.standard_gamma(shape * counts[neuron, frame]) * scale[neuron]
    return events
