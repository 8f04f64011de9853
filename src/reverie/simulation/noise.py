"""Noise of sessions and trials around true rates: sparse events of random size, and drifting gains and tuning."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from scipy.spatial import cKDTree

from reverie.foundation.arrays import FRAME_RATE
from reverie.foundation.requests import AT_LEAST_0, Range, require_possible
from reverie.simulation.behaviour import wander
from reverie.simulation.imaging import Indicator, Neuropil

EVENT_SIZE = 4.834
"""Mean size of an event as the indicator shows it, in units of the neuron's mean rate: its size times the share of its
variance that the indicator leaves. With this value about four in five responses are 0, however long an event lasts."""

GAINS = 3
"""Number of slow shared gains, and of fast ones."""

SLOW_TRIALS = 6.0
"""Correlation time of the slow gains, trials: a minute of 10-s trials."""

FAST_SECONDS = 0.4
"""Correlation time of the fast gains, seconds."""

COMMON_SHARE = 0.8
"""Share of the shared gains' variance that is in the gain common to all neurons."""

NEIGHBOURS = 10
"""Number of nearest receptive fields towards one of which a neuron's tuning drifts."""


@dataclass(frozen=True)
class SessionNoise:
    """What a session and its trials add to the true rates."""

    level: float = 12.0
    """Variance of single frames around a rate, in units of that rate times the neuron's mean rate; 0 gives the
    rates themselves."""
    spikes: bool = False
    """Whether responses are Poisson spike counts, whatever the level."""
    tail: float = 0.0
    """Additional standard deviation of the log of event sizes, which makes their tail heavier at the same level."""
    size_signal: float = 0.0
    """Power of the rate that event sizes grow with: how much of a rate above its mean shows in larger rather than more
    events. With 0, event sizes carry no signal."""
    shared: float = 0.0
    """Standard deviation of the log gain that neurons share and that is not recorded, see ``SessionGains``."""
    gain_drift: float = 0.0
    """Standard deviation over neurons of the log gain between the middle and the ends of the session."""
    tuning_drift: float = 0.0
    """Largest share of a neuron's response that is replaced by a neighbour's at the ends of the session."""
    saccades: float = 0.0
    """Saccades per second; with 0 the eyes wander."""
    pupil_error: float = 0.0
    """Standard deviation of the recorded pupil centre around the true one, in units of the recording."""

    def __post_init__(self) -> None:
        shares = {"size_signal": Range(0, 1), "tuning_drift": Range(0, 1)}
        require_possible(self, **{**dict.fromkeys(vars(self), AT_LEAST_0), **shares})


def draw_responses(
    rates: Float[np.ndarray, "neuron lead_and_time"],
    means: Float[np.ndarray, " neuron"],
    indicator: Indicator,
    noise: SessionNoise,
    generator: np.random.Generator,
    *,
    neuropil: Neuropil | None = None,
) -> Float[np.ndarray, "neuron time"]:
    """Draw the neurons' own events and those that leak in from their surroundings, and return what the indicator shows.

    The responses' expectation is exactly what the indicator makes of the rates.

    Parameters
    ----------
    rates
        Expected events of the neurons' own, beginning ``lead`` frames (of the indicator) before the responses.
    means
        Each neuron's mean rate.
    """
    device = indicator.get_buffer("powers").device
    powers = indicator.get_buffer("powers").cpu().numpy()
    events = draw_events(rates, means, powers, noise, generator)
    if neuropil is not None:
        own, unit = (torch.from_numpy(np.float32(array)).to(device) for array in (events, means[:, None]))
        leaking = neuropil(own[None] / (1.0 - neuropil.share), unit)[0].cpu().numpy()
        events = events + draw_events(leaking, means, powers, noise, generator)
    return indicator.observe(events, generator)


def draw_events(
    rates: Float[np.ndarray, "neuron time"],
    means: Float[np.ndarray, " neuron"],
    powers: Float[np.ndarray, " neuron_or_one"],
    noise: SessionNoise,
    generator: np.random.Generator,
) -> Float[np.ndarray, "neuron time"]:
    """Draw events with expectation ``rates``; the indicator leaves the share ``powers`` of their variance.

    After the indicator, the variance is ``level * mean * rate`` where the rate is steady (where sizes carry signal,
    only at the mean rate). The number of events is Poisson-distributed; their sizes are gamma-distributed, with a
    heavier tail at a higher level.
    """
    if noise.spikes:
        return generator.poisson(rates).astype(np.float32)
    if noise.level == 0:
        return rates
    variance = noise.level / powers[:, None]
    # The number of events makes one part of the variance; the variation of their sizes the other, at least as large.
    widening = np.exp(noise.tail**2)
    size = np.minimum(EVENT_SIZE / powers[:, None], variance / (2 * widening))
    shape = 1.0 / (variance / (size * widening) - 1.0)
    # Where sizes grow with the rate, the number of events takes only the rest of the growth.
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


class SessionGains:
    """Gains and tuning that change during a session and are not recorded.

    Each neuron has a gain at every frame, and a neighbour towards which its tuning drifts.

    Trials take place in random order, tiers mixed, as in real sessions; their names do not show the order. Shared gains
    multiply (Goris, Movshon & Simoncelli 2014, Nature Neuroscience 17, 858), are of low rank and of slow and fast parts
    (Stringer et al. 2019, Science 364, eaav7893), and average 1.
    """

    def __init__(
        self,
        noise: SessionNoise,
        centres: Float[np.ndarray, "neuron 2"],
        trials: Sequence[str],
        generator: np.random.Generator,
    ) -> None:
        self.noise = noise
        neurons = len(centres)
        order = generator.permutation(len(trials))
        self.positions = {trial: int(position) for trial, position in zip(trials, order, strict=True)}
        self.loadings = np.stack([_draw_loadings(neurons, noise.shared, generator) for _ in ("slow", "fast")])
        anchors = np.stack([wander(len(trials) + 1, SLOW_TRIALS, generator) for _ in range(GAINS)])
        # A session holds only a few slow fluctuations; they are centred, since mean rates are those over the session.
        centred = anchors - anchors.mean(axis=1, keepdims=True)
        self.anchors = centred / np.maximum(centred.std(axis=1, keepdims=True), 1e-6)
        self.drifts = noise.gain_drift * generator.standard_normal(neurons)
        self.tuning_shares = noise.tuning_drift * generator.uniform(size=neurons)
        self.partners = _draw_partners(centres, generator) if noise.tuning_drift > 0 else np.arange(neurons)

    def modulated(
        self,
        rates: Float[np.ndarray, "neuron time"],
        means: Float[np.ndarray, " neuron"],
        trial: str,
        generator: np.random.Generator,
    ) -> Float[np.ndarray, "neuron time"]:
        """Return the event rates of one trial with the gains and the tuning at its position in the session."""
        away = 2.0 * self.positions[trial] / max(len(self.positions) - 1, 1) - 1.0
        if self.noise.tuning_drift > 0:
            relative = rates / means[:, None]
            share = (self.tuning_shares * abs(away))[:, None]
            rates = means[:, None] * ((1.0 - share) * relative + share * relative[self.partners])
        if self.noise.gain_drift > 0:
            rates = rates * np.exp(self.drifts * away)[:, None]
        if self.noise.shared > 0:
            rates = rates * self._shared_gain(trial, rates.shape[1], generator)
        return rates.astype(np.float32)

    def _shared_gain(
        self, trial: str, frames: int, generator: np.random.Generator
    ) -> Float[np.ndarray, "neuron {frames}"]:
        fast = np.stack([wander(frames, FAST_SECONDS * FRAME_RATE, generator) for _ in range(GAINS)])
        later = np.linspace(0.0, 1.0, frames)
        before, after = self.anchors[:, self.positions[trial], None], self.anchors[:, self.positions[trial] + 1, None]
        correlation = np.exp(-1.0 / SLOW_TRIALS)
        # A mixture of two anchors has less variance than the anchors; this is its standard deviation.
        spread = np.sqrt((1 - later) ** 2 + later**2 + 2 * later * (1 - later) * correlation)
        slow = ((1 - later) * before + later * after) / spread
        log_gain = self.loadings[0] @ slow + self.loadings[1] @ fast
        return np.asarray(np.exp(log_gain - 0.5 * (self.loadings**2).sum(axis=(0, 2))[:, None]))


def _draw_loadings(neurons: int, shared: float, generator: np.random.Generator) -> Float[np.ndarray, "neuron factor"]:
    """Draw each neuron's loading on each factor; half of the variance ``shared``² is slow, half is fast."""
    common = np.sqrt(COMMON_SHARE) * (1.0 + 0.5 * generator.standard_normal((neurons, 1))) / np.sqrt(1.25)
    others = np.sqrt((1.0 - COMMON_SHARE) / (GAINS - 1)) * generator.standard_normal((neurons, GAINS - 1))
    return np.asarray(shared / np.sqrt(2) * np.concatenate([common, others], axis=1))


def _draw_partners(centres: Float[np.ndarray, "neuron 2"], generator: np.random.Generator) -> np.ndarray:
    """Draw for each neuron another whose receptive field lies near its own."""
    choices = min(NEIGHBOURS, len(centres) - 1)
    if choices < 1:
        return np.arange(len(centres))
    nearest = np.asarray(cKDTree(centres).query(centres, k=choices + 1)[1])
    return np.asarray(nearest[np.arange(len(centres)), generator.integers(1, choices + 1, len(centres))])
