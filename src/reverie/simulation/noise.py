"""Trial noise: sparse events of random size around the true rates, as deconvolved calcium imaging shows them."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from reverie.foundation.errors import ReverieError

EVENT_SIZE = 14.0
"""Mean size of an event, in units of the neuron's mean rate; it makes about four in five responses zero."""


@dataclass(frozen=True)
class SessionNoise:
    """What a session and its trials add to the true rates.

    level: variance of single frames around a rate, in units of that rate times the neuron's mean rate; 0 gives the
    rates themselves. size_signal: how much of a rate above its mean shows in larger rather than more events, as a
    power of the rate; with 0 event sizes say nothing. shared: standard deviation of the log gain that neurons share
    and no recording holds, see ``Session``. gain_drift: standard deviation over neurons of the log gain between the
    middle and the ends of the session. tuning_drift: largest share of a neuron's response that has become that of
    a neighbour by then. pupil_error: standard deviation of the recorded pupil centre around the true one, in its units.
    """

    level: float = 12.0
    size_signal: float = 0.0
    shared: float = 0.0
    gain_drift: float = 0.0
    tuning_drift: float = 0.0
    pupil_error: float = 0.0

    def __post_init__(self) -> None:
        """Raise ReverieError when a number is negative or the sizes carry more than the whole signal."""
        if not all(np.isfinite(value) and value >= 0 for value in vars(self).values()) or self.size_signal > 1:
            raise ReverieError(f"{self} cannot be; use numbers >= 0, and a size_signal and a tuning_drift up to 1.")


def draw_responses(
    event_rates: Float[np.ndarray, "neuron before_and_time"],
    means: Float[np.ndarray, " neuron"],
    calcium: Float[np.ndarray, " lag"],
    noise: SessionNoise,
    generator: np.random.Generator,
) -> Float[np.ndarray, "neuron time"]:
    """Draw one trial's responses: events are drawn frame by frame, then smeared by the indicator.

    event_rates: expected responses a frame, starting the length of ``calcium`` less one early. means: each neuron's
    mean rate. The expectation is the smeared rate exactly, the variance ``level * mean * rate`` where the rate is
    steady (where sizes carry signal, at the mean rate). The number of events is Poisson and their sizes
    gamma-distributed, with a heavier tail the larger the level.
    """
    events = event_rates
    if noise.level > 0:
        events = _draw_events(event_rates, means, noise.level / float((calcium**2).sum()), noise.size_signal, generator)
    frames = events.shape[1] - len(calcium) + 1
    responses = np.zeros((len(events), frames), dtype=np.float32)
    for lag, weight in enumerate(calcium):
        responses += np.float32(weight) * events[:, lag : lag + frames]
    return responses


def _draw_events(
    rates: Float[np.ndarray, "neuron time"],
    means: Float[np.ndarray, " neuron"],
    variance: float,
    size_signal: float,
    generator: np.random.Generator,
) -> Float[np.ndarray, "neuron time"]:
    """Draw events with expectation ``rates`` and, at the mean rate, variance ``variance * mean * rate``."""
    # Of the variance, one part is the number of events, the other the spread of their sizes, at least as large.
    size = min(EVENT_SIZE, variance / 2)
    shape = 1.0 / (variance / size - 1.0)
    # Sizes that grow with the rate leave the number of events the rest of the growth.
    sizes = size * means[:, None] * np.maximum(rates / means[:, None], 0.02) ** size_signal
    counts = generator.poisson(rates / sizes)
    events = np.zeros(rates.shape, dtype=np.float32)
    there = np.nonzero(counts)
    events[there] = generator.standard_gamma(shape * counts[there]) * sizes[there] / shape
    return events
