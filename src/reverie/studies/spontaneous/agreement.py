"""Does activity hold a picture? How much neurons agree about one, compared with surrogates, stretch by stretch.

A linear decoder writes a movie as a sum over neurons of what each one says alone. The energy of the sum, less that of
the single terms, is what neurons say together: nothing on average where they are independent, as much as there is
picture where they see one. What they share without any picture is in the surrogates too.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Bool, Float

from reverie.foundation.errors import BadInput
from reverie.foundation.progress import tracked
from reverie.foundation.requests import settle_types
from reverie.inversion.linear.response_features import ResponseFeatures, compress
from reverie.inversion.linear.ridge import RidgeDecoder
from reverie.scoring.correlation import Region
from reverie.studies.spontaneous.surrogates import KINDS, Activity, Kind, shared_part, surrogate

CLAIMED: Final = 0.05
"""Share of recordings without any picture in which anything at all is claimed to be seen."""


@dataclass(frozen=True, eq=False)
class Agreement:
    """What neurons say together in each stretch of the trials, and how that compares with surrogates."""

    energy: Float[np.ndarray, " stretch"]
    """(stretch,), squared grey levels per pixel."""
    surrogates: dict[Kind, Float[np.ndarray, "surrogate stretch"]]
    """By kind, (surrogate, stretch)."""
    p: Float[np.ndarray, " stretch"]
    """(stretch,), how often surrogates of the strictest kind are as far above their own mean."""
    departs: Bool[np.ndarray, " stretch"]
    """(stretch,), whether something is claimed; without a picture anything is claimed in at most ``CLAIMED`` of the
    recordings (Holm's step-down correction)."""

    @property
    def excess(self) -> Float[np.ndarray, " stretch"]:
        """Root of the energy above the strictest surrogates' mean, grey levels; 0 where there is none."""
        return np.asarray(np.sqrt(np.maximum(self.energy - self.surrogates[KINDS[0]].mean(axis=0), 0)))


@dataclass(frozen=True)
class AgreementSettings:
    """How trials without a movie are looked at."""

    seconds: float = 2.0
    """Length of a stretch that is judged by itself."""
    surrogates: int = 200
    """Surrogates of each kind; p-values are no smaller than one over them and the stretches."""
    factors: int = 3
    """Fluctuations that neurons share and surrogates keep."""

    def __post_init__(self) -> None:
        settle_types(self)
        if not (0 < self.seconds < math.inf and self.surrogates >= 2 and self.factors >= 0):
            raise BadInput("Looking needs seconds above 0, two surrogates or more, and no negative number of factors.")


class JointEnergy:
    """The energy of a linearly decoded movie beyond that of each neuron's own contribution to it, inside a region.

    Activity is what the decoder sees of responses: raised to its power, in standard deviations.
    """

    def __init__(self, decoder: RidgeDecoder, region: Region) -> None:
        features = decoder.features
        self.features = features
        self.kernels = ResponseFeatures(1.0, features.lags, np.zeros_like(features.mean), np.ones_like(features.mean))
        basis = decoder.pictures.basis[:, region.ravel()]
        self.pixels = int(region.sum())
        # Components are not orthogonal inside a region; these weights give the same energies in fewer numbers.
        values, vectors = np.linalg.eigh(basis @ basis.T)
        kept = values > values.max() * 1e-6
        self.weights = (decoder.weights @ (vectors[:, kept] * np.sqrt(values[kept]))).astype(np.float32)
        lags = len(features.lags)
        each = self.weights.reshape(-1, lags, self.weights.shape[1])
        self.alone = np.einsum("nac,nbc->nab", each, each)

    def of(self, activity: Activity) -> Float[np.ndarray, " time"]:
        """Return the energy of the whole less that of the single contributions, squared grey levels a pixel."""
        seen = self.kernels(activity)
        whole = np.square(seen @ self.weights).sum(axis=1, dtype=np.float64)
        each = seen.reshape(len(seen), *self.alone.shape[:2])
        single = np.einsum("tna,nab,tnb->t", each, self.alone, each, optimize=True)
        return np.asarray((whole - single) / self.pixels)


def agreement(
    joint_energy: JointEnergy, activity: Sequence[Activity], stretch: int, asked: AgreementSettings, *, seed: int = 0
) -> Agreement:
    """Hold trials against surrogates of all of them. stretch: frames; what is left at a trial's end is left out.

    activity: (neuron, time), scaled as the decoder sees it (``scaled_activity``).
    """
    joined = np.concatenate(list(activity), axis=1)
    ends = np.cumsum([one.shape[1] for one in activity])[:-1]
    shared = shared_part(joined, asked.factors)

    def energies(whole: Activity) -> Float[np.ndarray, " stretch"]:
        parts = [joint_energy.of(one) for one in np.split(whole, ends, axis=1)]
        return np.concatenate([one[: len(one) // stretch * stretch].reshape(-1, stretch).mean(axis=1) for one in parts])

    drawn: dict[Kind, Float[np.ndarray, "surrogate stretch"]] = {}
    for number, kind in enumerate(KINDS):
        generator = np.random.default_rng([seed, number])
        # Only the strictest kind decides; the others are shown beside it.
        count = asked.surrogates if number == 0 else max(2, asked.surrogates // 10)
        draws = tracked(range(count), count, f"surrogates, {kind}")
        drawn[kind] = np.stack([energies(surrogate(joined, shared, kind, generator)) for _ in draws])
    energy = energies(joined)
    p = p_values(energy, drawn[KINDS[0]])
    return Agreement(energy, drawn, p, holm(p, CLAIMED))


def p_values(
    energy: Float[np.ndarray, " stretch"], surrogates: Float[np.ndarray, "surrogate stretch"]
) -> Float[np.ndarray, " stretch"]:
    """Return how often surrogates are as far above the mean of their stretch, in its standard deviations.

    Each surrogate is compared as the recording is, with the mean and deviation of the others, and all stretches are
    taken together, since their tails are alike once scaled.
    """
    count = len(surrogates)
    mean, squares = surrogates.mean(axis=0), np.square(surrogates).mean(axis=0)
    deviation = np.sqrt(np.maximum(squares - mean**2, 1e-12))
    others = (count * mean - surrogates) / (count - 1)
    spread = np.sqrt(np.maximum((count * squares - surrogates**2) / (count - 1) - others**2, 1e-12))
    null = np.sort(((surrogates - others) / spread).ravel())
    above = len(null) - np.searchsorted(null, (energy - mean) / deviation)
    return np.asarray((1 + above) / (1 + len(null)))


def holm(p: Float[np.ndarray, " test"], level: float) -> Bool[np.ndarray, " test"]:
    """Return which tests stand when any false one among them is to be as rare as the level (Holm 1979).

    >>> holm(np.array([0.001, 0.5, 0.024]), 0.05).tolist()
    [True, False, True]
    """
    order = np.argsort(p)
    fails = p[order] > level / np.arange(len(p), 0, -1)
    first = int(fails.argmax()) if fails.any() else len(p)
    stands = np.zeros(len(p), dtype=bool)
    stands[order[:first]] = True
    return stands


def scaled_activity(decoder: RidgeDecoder, responses: Float[np.ndarray, "neuron time"]) -> Activity:
    """Return responses as a decoder sees them: compressed, in each neuron's standard deviations."""
    features = decoder.features
    scaled = (compress(responses, features.power) - features.mean[:, None]) / features.deviation[:, None]
    return np.asarray(scaled, dtype=np.float32)
