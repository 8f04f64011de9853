"""Trial noise: sparse events of random size around the true rates, as deconvolved calcium imaging shows them."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float

from reverie.foundation.errors import ReverieError
from reverie.simulation.indicator import Indicator
from reverie.simulation.neuropil import Neuropil

EVENT_SIZE = 4.834
"""Mean size of an event behind the indicator, in units of the neuron's mean rate: its size times the share of its
variance that the indicator leaves. It makes about four in five responses zero, however long an event lasts."""


@dataclass(frozen=True)
class SessionNoise:
    """What a session and its trials add to the true rates.

    level: variance of single frames around a rate, in units of that rate times the neuron's mean rate; 0 gives the
    rates themselves. spikes: responses are numbers of spikes, Poisson, whatever the level.
    tail: standard deviation of the log of event sizes beside what they have anyway, which makes their tail heavier at
    the same level. size_signal: how much of a rate above its mean shows in larger rather than more events, as a power
    of the rate; with 0 event sizes say nothing.
    shared: standard deviation of the log gain that neurons share and no recording holds, see ``Session``. gain_drift:
    standard deviation over neurons of the log gain between the middle and the ends of the session. tuning_drift:
    largest share of a neuron's response that has become that of a neighbour by then.
    saccades: of the eyes, a second; with none they wander. pupil_error: standard deviation of the recorded pupil centre
    around the true one, in its units.
    """

    level: float = 12.0
    spikes: bool = False
    tail: float = 0.0
    size_signal: float = 0.0
    shared: float = 0.0
    gain_drift: float = 0.0
    tuning_drift: float = 0.0
    saccades: float = 0.0
    pupil_error: float = 0.0

    def __post_init__(self) -> None:
        """Raise ReverieError when a number is negative or the sizes carry more than the whole signal."""
        if not all(np.isfinite(value) and value >= 0 for value in vars(self).values()) or self.size_signal > 1:
            raise ReverieError(f"{self} cannot be; use numbers >= 0, and a size_signal and a tuning_drift up to 1.")


def draw_responses(
    rates: Float[np.ndarray, "neuron lead_and_time"],
    means: Float[np.ndarray, " neuron"],
    indicator: Indicator,
    noise: SessionNoise,
    generator: np.random.Generator,
    *,
    tissue: Neuropil | None = None,
) -> Float[np.ndarray, "neuron time"]:
    """Draw the neurons' own events and those that leak in from around, and look at them with the indicator.

    rates: expected events of the neurons' own, starting the indicator's ``lead`` early. means: each neuron's mean rate.
    The expectation of the responses is what the indicator expects of the rates exactly.
    """
    device = indicator.get_buffer("powers").device
    powers = indicator.get_buffer("powers").cpu().numpy()
    events = draw_events(rates, means, powers, noise, generator)
    if tissue is not None:
        own, unit = (torch.from_numpy(np.float32(array)).to(device) for array in (events, means[:, None]))
        leaking = tissue(own[None] / (1.0 - tissue.share), unit)[0].cpu().numpy()
        events = events + draw_events(leaking, means, powers, noise, generator)
    return indicator.observe(events, generator)


def draw_events(
    rates: Float[np.ndarray, "neuron time"],
    means: Float[np.ndarray, " neuron"],
    powers: Float[np.ndarray, " neuron_or_one"],
    noise: SessionNoise,
    generator: np.random.Generator,
) -> Float[np.ndarray, "neuron time"]:
    """Draw events with expectation ``rates``, of which the indicator leaves ``powers`` of the variance.

    Behind it the variance is ``level * mean * rate`` where the rate is steady (where sizes carry signal, at the mean
    rate). The number of events is Poisson and their sizes gamma-distributed, with a heavier tail the larger the level.
    """
    if noise.spikes:
        return generator.poisson(rates).astype(np.float32)
    if noise.level == 0:
        return rates
    variance = noise.level / powers[:, None]
    # Of the variance, one part is the number of events, the other the spread of their sizes, at least as large.
    widening = np.exp(noise.tail**2)
    size = np.minimum(EVENT_SIZE / powers[:, None], variance / (2 * widening))
    shape = 1.0 / (variance / (size * widening) - 1.0)
    # Sizes that grow with the rate leave the number of events the rest of the growth.
    sizes = size * means[:, None] * np.maximum(rates / means[:, None], 0.02) ** noise.size_signal
    counts = generator.poisson(rates / sizes)
    events = np.zeros(rates.shape, dtype=np.float32)
    there = np.nonzero(counts)
    number, shape = counts[there], np.broadcast_to(shape, rates.shape)[there]
    drawn = generator.standard_gamma(shape * number) / shape
    if noise.tail > 0:
        drawn *= np.exp(noise.tail * generator.standard_normal(len(drawn)) - noise.tail**2 / 2)
    events[there] = drawn * sizes[there]
    return events
