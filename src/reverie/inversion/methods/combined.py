"""The most probable movie and that of ridge regression, weighed: two estimates that err in different ways.

The most probable movie takes encoder and likelihood at their word, which is where it goes wrong: in slow changes of the
brightness of the whole frame above all. Ridge regression makes less of each neuron, but asks no model. Their errors
differ, so that their mean is nearer to the truth than either (docs/decisions/071).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from jaxtyping import Float

from reverie.foundation.arrays import Movie
from reverie.foundation.errors import ReverieError
from reverie.foundation.requests import require_seed, settle_types
from reverie.inversion.methods.map import Map
from reverie.inversion.problem import Solution

EVEN = 0.5
"""The share of the most probable movie where nothing was measured."""

ALLOWED = 0.03
"""How much larger a squared error the likelihood `both` may have and be taken all the same. On one clip chance makes
it up to 5 % better or worse than events; over test clips, averaged with ridge, it was never worse (docs/log/map.md)."""

SHRINKAGE = 3.0
"""Validation clips that the even share counts for: few clips say little about the best one."""


@dataclass(frozen=True)
class Combined:
    """share · map + (1 − share) · ridge; share and likelihood are those that were best on validation trials.

    The standard deviation is that of the posterior of `map`, scaled by what the combined movie's errors are.
    Raises ReverieError when a setting is out of range.
    """

    name: ClassVar[str] = "combined"

    map_share: float | None = None
    """Share of the most probable movie, 0 to 1; by default the one measured on validation trials."""
    draws: int = 2
    """Draws from the posterior, for its standard deviation; each costs about half a search, 0 for none."""
    seed: int = 0
    """Seed of all that is drawn."""
    find_cuts: bool = True
    """Look for cuts in the movie once it has nearly settled, and go on as if nothing before a cut told of what comes
    after it."""
    calibrated: bool = True
    """Scale the standard deviation such that the truth lies within it as often as it says, learned once for each
    encoder and animal from short reconstructions of trials whose movies are known."""
    blur: float = 0.0
    """Gaussian sigma of a final blur, in pixels and frames."""

    def __post_init__(self) -> None:
        settle_types(self)
        require_seed(self.seed)
        share = EVEN if self.map_share is None else self.map_share
        if not (0 <= share <= 1 and min(self.draws, self.blur) >= 0):
            raise ReverieError(
                "The settings of the method `combined` are not possible: map_share must lie within 0 to 1, draws and "
                "blur be at least 0."
            )

    def search(self, likelihood: str) -> Map:
        """Return how the most probable movie is found, with what counts of the responses."""
        return Map(draws=self.draws, seed=self.seed, find_cuts=self.find_cuts, likelihood=likelihood)


@dataclass(frozen=True)
class Weights:
    """What was best on validation trials: the likelihood of `map`, and its share of the combined movie."""

    likelihood: str
    share: float = EVEN

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Return them as arrays, for an ``.npz`` file."""
        return {"likelihood": np.array(self.likelihood), "share": np.array(self.share)}

    @staticmethod
    def from_arrays(arrays: Mapping[str, np.ndarray]) -> "Weights":
        """Return the weights that ``to_arrays`` laid out; raises ReverieError when something is missing."""
        try:
            return Weights(str(arrays["likelihood"]), float(arrays["share"]))
        except (KeyError, TypeError, ValueError) as error:
            raise ReverieError(f"The weights of map and ridge are incomplete ({error}); fit them anew.") from error


@dataclass(frozen=True)
class Moments:
    """How a clip's two movies lie about the truth: sums over scored pixels and frames of products of differences.

    between: (map − ridge) · (truth − ridge). apart: (map − ridge)². missing: (truth − ridge)².
    """

    between: float
    apart: float
    missing: float

    @staticmethod
    def of(
        probable: Float[np.ndarray, "time pixel"],
        linear: Float[np.ndarray, "time pixel"],
        truth: Float[np.ndarray, "time pixel"],
    ) -> "Moments":
        """Measure them."""
        towards, lacking = (probable - linear).astype(np.float64), (truth - linear).astype(np.float64)
        return Moments(
            float(np.vdot(towards, lacking)), float(np.vdot(towards, towards)), float(np.vdot(lacking, lacking))
        )


def choose_weights(measured: Mapping[str, Sequence[Moments]]) -> Weights:
    """Return the likelihood and the share with the least squared error over clips, the share drawn towards a half.

    The likelihood `both` is taken unless another is clearly better.

    measured: the moments of validation clips by likelihood. Without clips it is the first likelihood, and a half.

    >>> choose_weights({"sizes": [Moments(3.0, 4.0, 3.0)] * 6, "events": [Moments(1.0, 4.0, 3.0)] * 6})
    Weights(likelihood='sizes', share=0.6666666666666666)
    """
    candidates = {name: _share_and_error(clips) for name, clips in measured.items() if clips}
    if not candidates:
        return Weights(next(iter(measured)))
    name = min(candidates, key=lambda one: candidates[one][1] * (1 - ALLOWED if one == "both" else 1))
    return Weights(name, candidates[name][0])


def combine(found: Solution, linear: Movie, share: float) -> Solution:
    """Return the weighed movie, with the trace and the standard deviation of the most probable one."""
    # White and white, weighed in single precision, may come out a rounding above white.
    movie = np.asarray(share * found.movie + (1 - share) * linear, dtype=np.float32).clip(0, 255)
    return replace(found, movie=movie)


def _share_and_error(clips: Sequence[Moments]) -> tuple[float, float]:
    between, apart, missing = (sum(getattr(clip, name) for clip in clips) for name in ("between", "apart", "missing"))
    prior = SHRINKAGE / len(clips)
    share = float(np.clip((between + prior * apart * EVEN) / (apart * (1 + prior)), 0, 1)) if apart > 0 else EVEN
    return share, missing - 2 * share * between + share**2 * apart
