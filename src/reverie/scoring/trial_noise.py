"""Simulating trials of an animal at the encoder's rates, with noise as in its recorded trials."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.special import gammaincinv

from reverie.foundation.arrays import Rates, Responses
from reverie.foundation.errors import NotApplicable

FLOOR = 1e-9
"""Smallest rate, dispersion and shape of the gamma distribution; smaller ones are replaced by it."""

LARGEST_PERSISTENCE = 0.95
"""Largest persistence: noise that lasts longer is not noise of a trial."""

AnyRates = Float[np.ndarray, "neuron _"]
"""Rates of some trial, whatever its length."""

AnyResponses = Float[np.ndarray, "neuron _"]
"""Responses of some trial, whatever its length."""


@dataclass(frozen=True)
class TrialNoise:
    """How single trials scatter around the encoder's rates.

    Neurons are independent of one another, so that the null distribution holds no activity that deviates in many
    neurons at once.
    """

    dispersions: Float[np.ndarray, " neuron"]
    """(neuron,), variance over rate, in the unit of the responses."""
    persistence: float
    """Correlation of the noise of one frame with that of the next, 0 to 1."""
    least: Float[np.ndarray, " neuron"]
    """(neuron,), smaller draws count as no response, so that events are as frequent as in the recorded trials."""

    def draw(self, rates: Rates, generator: np.random.Generator) -> Responses:
        """Draw one trial's responses (neuron, time) around the rates.

        Each response is gamma-distributed with mean ``rate`` and variance ``dispersion * rate``; where the rate is far
        below the dispersion, most responses are almost 0, as after deconvolution. Part of a frame's response comes from
        the frame before, in such a way that every frame keeps its distribution (the beta-gamma autoregression of Lewis,
        McKenzie & Hugus 1989, with changing shapes). Draws below ``least`` become 0, since a gamma variate is never
        exactly 0 and would count as an event in every frame."""
        unit = np.maximum(self.dispersions, FLOOR)[:, None]
        shapes = np.maximum(rates / unit, FLOOR)
        shared = self.persistence * np.minimum(shapes[:, 1:], shapes[:, :-1])
        shared = np.minimum(np.maximum(shared, FLOOR / 2), 0.999 * shapes[:, :-1])
        handed_on = generator.beta(shared, shapes[:, :-1] - shared)
        fresh = generator.standard_gamma(np.maximum(shapes[:, 1:] - shared, FLOOR))
        units = np.empty_like(shapes)
        units[:, 0] = generator.standard_gamma(shapes[:, 0])
        for frame in range(1, shapes.shape[1]):
            units[:, frame] = handed_on[:, frame - 1] * units[:, frame - 1] + fresh[:, frame - 1]
        drawn = units * unit
        return np.asarray(np.where(drawn < self.least[:, None], 0, drawn), dtype=np.float32)


def fit_trial_noise(trials: Sequence[tuple[AnyRates, AnyResponses]]) -> TrialNoise:
    """Return the noise that trials show around the rates predicted for them, both (neuron, time).

    The encoder's errors count as noise here, which makes the test conservative: fewer deviations are called
    significant. Raises ReverieError when there is no trial, or shapes do not agree.
    """
    if not trials or any(rates.shape != responses.shape or rates.shape[1] < 2 for rates, responses in trials):
        raise NotApplicable("Trial noise is measured on at least one trial with rates and responses of one shape.")
    squares = sum(((responses - rates).astype(np.float64) ** 2).sum(axis=1) for rates, responses in trials)
    expected = sum(rates.sum(axis=1, dtype=np.float64) for rates, _ in trials)
    dispersions = np.asarray(squares / np.maximum(expected, FLOOR), dtype=np.float64)
    together, alone = 0.0, 0.0
    for rates, responses in trials:
        spread = np.sqrt(np.maximum(dispersions[:, None] * rates, FLOOR))
        noise = (responses - rates) / spread
        together += float((noise[:, 1:] * noise[:, :-1]).sum())
        alone += float(((noise[:, 1:] ** 2).sum() + (noise[:, :-1] ** 2).sum()) / 2)
    persistence = together / alone if alone > 0 else 0.0
    least = _least(trials, dispersions)
    return TrialNoise(dispersions, float(np.clip(persistence, 0.0, LARGEST_PERSISTENCE)), least)


def _least(
    trials: Sequence[tuple[AnyRates, AnyResponses]], dispersions: Float[np.ndarray, " neuron"]
) -> Float[np.ndarray, " neuron"]:
    """Return the response that draws at each neuron's mean rate stay below as often as it was recorded silent."""
    silent = np.concatenate([responses <= 0 for _, responses in trials], axis=1).mean(axis=1)
    rate = np.concatenate([rates for rates, _ in trials], axis=1).mean(axis=1, dtype=np.float64)
    unit = np.maximum(dispersions, FLOOR)
    found: np.ndarray = unit * gammaincinv(np.maximum(rate / unit, FLOOR), silent)
    return found
