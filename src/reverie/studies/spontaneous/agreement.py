"""Does activity hold a picture? How much neurons agree on one, compared with surrogates, stretch by stretch.

A linear decoder writes a movie as a sum of one contribution per neuron. The energy of the sum minus that of the single
contributions is their joint energy. On average it is 0 where neurons are independent, and the energy of the picture
where they see one. Activity that neurons share without any picture gives surrogates the same joint energy.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from reverie.foundation.progress import tracked
from reverie.foundation.requests import ABOVE_0, AT_LEAST_0, Range, convert_fields, require_possible
from reverie.inversion.linear.response_features import ResponseFeatures
from reverie.inversion.linear.ridge import RidgeDecoder
from reverie.scoring.correlation import Region
from reverie.studies.spontaneous.surrogates import KINDS, Activity, Kind, shared_part, surrogate

CLAIMED = 0.05
"""Family-wise error rate: the share of recordings without any picture in which some stretch is claimed to hold one."""


@dataclass(frozen=True, eq=False)
class Agreement:
    """The joint energy of neurons in each stretch of the trials, compared with that of surrogates."""

    energy: Float[np.ndarray, " stretch"]
    """Joint energy (stretch,), squared grey levels per pixel."""
    surrogates: dict[Kind, Float[np.ndarray, "surrogate stretch"]]
    """Joint energy of surrogates (surrogate, stretch), by kind."""
    p: Float[np.ndarray, " stretch"]
    """(stretch,), p-value: how often surrogates of the strictest kind are as far above their own mean."""
    departs: Bool[np.ndarray, " stretch"]
    """(stretch,), whether a picture is claimed; in at most ``CLAIMED`` of the recordings without a picture, any stretch
    is (Holm's step-down correction)."""

    @property
    def excess(self) -> Float[np.ndarray, " stretch"]:
        """Root of the energy in excess of the strictest surrogates' mean (stretch,), grey levels; 0 where none is."""
        return np.asarray(np.sqrt(np.maximum(self.energy - self.surrogates[KINDS[0]].mean(axis=0), 0)))


@dataclass(frozen=True)
class AgreementSettings:
    """How trials without a movie are compared with surrogates."""

    seconds: float = 2.0
    """Length of the stretches, each of which is tested by itself."""
    surrogates: int = 200
    """Surrogates of the strictest kind; p-values are no smaller than one over their number times that of the
    stretches."""
    factors: int = 3
    """Number of shared fluctuations that surrogates keep."""

    def __post_init__(self) -> None:
        convert_fields(self)
        require_possible(self, seconds=ABOVE_0, surrogates=Range(2), factors=AT_LEAST_0)


class JointEnergy:
    """The energy of a linearly decoded movie minus that of each neuron's own contribution to it, inside a region.

    Activity is the decoder's input: responses as ``ResponseFeatures.scaled`` returns them.
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
        """Return the energy of the sum minus that of the single contributions, squared grey levels per pixel."""
        seen = self.kernels(activity)
        whole = np.square(seen @ self.weights).sum(axis=1, dtype=np.float64)
        each = seen.reshape(len(seen), *self.alone.shape[:2])
        single = np.einsum("tna,nab,tnb->t", each, self.alone, each, optimize=True)
        return np.asarray((whole - single) / self.pixels)


def agreement(
    joint_energy: JointEnergy, activity: Sequence[Activity], stretch: int, settings: AgreementSettings, *, seed: int = 0
) -> Agreement:
    """Compare trials with surrogates of all of them.

    Parameters
    ----------
    activity
        (neuron, time), see ``JointEnergy``.
    stretch
        Frames; an incomplete one at a trial's end is left out.
    """
    joined = np.concatenate(list(activity), axis=1)
    ends = np.cumsum([one.shape[1] for one in activity])[:-1]
    shared = shared_part(joined, settings.factors)

    def energies(whole: Activity) -> Float[np.ndarray, " stretch"]:
        parts = [joint_energy.of(one) for one in np.split(whole, ends, axis=1)]
        return np.concatenate([one[: len(one) // stretch * stretch].reshape(-1, stretch).mean(axis=1) for one in parts])

    drawn: dict[Kind, Float[np.ndarray, "surrogate stretch"]] = {}
    for number, kind in enumerate(KINDS):
        generator = np.random.default_rng([seed, number])
        # Only the strictest kind decides; the others are shown for comparison, so a tenth of them is enough.
        count = settings.surrogates if number == 0 else max(2, settings.surrogates // 10)
        draws = tracked(range(count), count, f"surrogates, {kind}")
        drawn[kind] = np.stack([energies(surrogate(joined, shared, kind, generator)) for _ in draws])
    energy = energies(joined)
    p = p_values(energy, drawn[KINDS[0]])
    return Agreement(energy, drawn, p, holm(p, CLAIMED))


def p_values(
    energy: Float[np.ndarray, " stretch"], surrogates: Float[np.ndarray, "surrogate stretch"]
) -> Float[np.ndarray, " stretch"]:
    """Return each stretch's p-value: how often surrogates are as far above their mean, in standard deviations.

    Each surrogate is compared with the mean and standard deviation of the others, as the recording is with those of all
    surrogates. All stretches form one null distribution, since their tails are alike once scaled.
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
    """Return which tests are significant when the level bounds the chance of even one false positive (Holm 1979).

    >>> holm(np.array([0.001, 0.5, 0.024]), 0.05).tolist()
    [True, False, True]
    """
    order = np.argsort(p)
    fails = p[order] > level / np.arange(len(p), 0, -1)
    first = int(fails.argmax()) if fails.any() else len(p)
    stands = np.zeros(len(p), dtype=bool)
    stands[order[:first]] = True
    return stands
