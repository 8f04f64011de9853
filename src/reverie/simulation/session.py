"""What changes over a session and no recording holds: gains that neurons share, gains and tuning that drift."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float
from scipy.spatial import cKDTree

from reverie.simulation.behaviour import wander
from reverie.simulation.noise import SessionNoise

RANK = 3
"""Shared gains, slow ones and as many fast ones."""

SLOW_TRIALS = 6.0
"""Trials over which the slow gains stay alike: a minute of 10-s trials."""

FAST_SECONDS = 0.4
"""Seconds over which the fast gains stay alike."""

COMMON = 0.8
"""Share of the variance of shared gains in the one that raises all neurons together."""

NEIGHBOURS = 10
"""Nearest receptive fields among which a neuron's tuning drifts."""


class Session:
    """The hidden half of an animal's session: one gain for each neuron and frame, and whom it comes to resemble.

    Trials take place in an order of their own, tiers mixed, as in real sessions; their names say nothing of it.
    Shared gains multiply (Goris, Movshon & Simoncelli 2014, Nature Neuroscience 17, 858), are of low rank and of
    slow and fast parts (Stringer et al. 2019, Science 364, eaav7893), and average 1.
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
        self.places = {trial: int(place) for trial, place in zip(trials, order, strict=True)}
        self.loadings = np.stack([_draw_loadings(neurons, noise.shared, generator) for _ in ("slow", "fast")])
        anchors = np.stack([wander(len(trials) + 1, SLOW_TRIALS, generator) for _ in range(RANK)])
        # A neuron's mean rate is that over its session, which holds only a few of the slow ups and downs.
        centred = anchors - anchors.mean(axis=1, keepdims=True)
        self.anchors = centred / np.maximum(centred.std(axis=1, keepdims=True), 1e-6)
        self.drifts = noise.gain_drift * generator.standard_normal(neurons)
        self.turning = noise.tuning_drift * generator.uniform(size=neurons)
        self.partners = _draw_partners(centres, generator) if noise.tuning_drift > 0 else np.arange(neurons)

    def modulated(
        self,
        rates: Float[np.ndarray, "neuron time"],
        means: Float[np.ndarray, " neuron"],
        trial: str,
        generator: np.random.Generator,
    ) -> Float[np.ndarray, "neuron time"]:
        """Return the event rates of one trial as they are at its place in the session."""
        away = 2.0 * self.places[trial] / max(len(self.places) - 1, 1) - 1.0
        if self.noise.tuning_drift > 0:
            relative = rates / means[:, None]
            turned = (self.turning * abs(away))[:, None]
            rates = means[:, None] * ((1.0 - turned) * relative + turned * relative[self.partners])
        if self.noise.gain_drift > 0:
            rates = rates * np.exp(self.drifts * away)[:, None]
        if self.noise.shared > 0:
            rates = rates * self._shared_gain(trial, rates.shape[1], generator)
        return rates.astype(np.float32)

    def _shared_gain(
        self, trial: str, frames: int, generator: np.random.Generator
    ) -> Float[np.ndarray, "neuron {frames}"]:
        fast = np.stack([wander(frames, FAST_SECONDS * 30.0, generator) for _ in range(RANK)])
        later = np.linspace(0.0, 1.0, frames)
        before, after = self.anchors[:, self.places[trial], None], self.anchors[:, self.places[trial] + 1, None]
        alike = np.exp(-1.0 / SLOW_TRIALS)
        # Between two anchors the mixture has less variance than they have.
        spread = np.sqrt((1 - later) ** 2 + later**2 + 2 * later * (1 - later) * alike)
        slow = ((1 - later) * before + later * after) / spread
        log_gain = self.loadings[0] @ slow + self.loadings[1] @ fast
        return np.asarray(np.exp(log_gain - 0.5 * (self.loadings**2).sum(axis=(0, 2))[:, None]))


def _draw_loadings(neurons: int, shared: float, generator: np.random.Generator) -> Float[np.ndarray, "neuron factor"]:
    """Draw how each neuron follows each factor; half of the variance ``shared``² is slow, half is fast."""
    common = np.sqrt(COMMON) * (1.0 + 0.5 * generator.standard_normal((neurons, 1))) / np.sqrt(1.25)
    others = np.sqrt((1.0 - COMMON) / (RANK - 1)) * generator.standard_normal((neurons, RANK - 1))
    return np.asarray(shared / np.sqrt(2) * np.concatenate([common, others], axis=1))


def _draw_partners(centres: Float[np.ndarray, "neuron 2"], generator: np.random.Generator) -> np.ndarray:
    """Draw for each neuron one whose receptive field lies near its own."""
    choices = min(NEIGHBOURS, len(centres) - 1)
    if choices < 1:
        return np.arange(len(centres))
    nearest = np.asarray(cKDTree(centres).query(centres, k=choices + 1)[1])
    return np.asarray(nearest[np.arange(len(centres)), generator.integers(1, choices + 1, len(centres))])
