"""The weights of the most probable movie and the ridge decoder's, chosen on clips whose movies are known."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from reverie.foundation.errors import ReverieError, reading_kept
from reverie.inversion.methods.bands import BandWeights

EVEN_SHARE = 0.5
"""The weight of the most probable movie where there was no clip to choose it on."""

BOTH_ALLOWANCE = 0.03
"""The likelihood `both` is chosen even if its squared error exceeds the smallest by up to this share. On a single clip
it is up to 5 % better or worse than events by chance; averaged over test clips it was never worse (docs/log/map.md)."""

WORTHWHILE_GAIN = 0.01
"""Share by which following the camera must reduce the squared error to be worth its searches."""

SHRINKAGE_CLIPS = 3.0
"""Number of validation clips that the even weight counts as, since few clips determine the best weight poorly."""


@dataclass(frozen=True)
class Weights:
    """The likelihood and weights that were best on validation trials."""

    likelihood: str
    """The likelihood of `map`."""
    share: float = EVEN_SHARE
    """The weight of its movie; that of ridge's movie is the rest."""
    error: float = float("nan")
    """Squared error of the weighted movie, summed over scored pixels and frames; NaN without trials."""
    bands: BandWeights | None = None
    """Weights of each frequency band (``choose_band_weights``), None without trials."""
    averaged_over: int = 0
    """Pairs of movies over which the likelihood is averaged (``Map.averaged_over``)."""

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Return the weights as arrays, for an ``.npz`` file."""
        plain = {name: np.array(getattr(self, name)) for name in ("likelihood", "share", "error", "averaged_over")}
        return plain if self.bands is None else {**plain, **self.bands.to_arrays()}

    @staticmethod
    def from_arrays(arrays: Mapping[str, np.ndarray]) -> "Weights":
        """Return weights from the arrays of ``to_arrays``; raises ReverieError when something is missing."""
        with reading_kept("The file of the weights of map and ridge", "fit it again"):
            plain = str(arrays["likelihood"]), float(arrays["share"]), float(arrays["error"])
            weights = Weights(*plain, BandWeights.from_arrays(arrays), int(arrays["averaged_over"]))
        if not 0 <= weights.share <= 1:
            raise ReverieError(f"The share of the most probable movie is {weights.share:g}, not within 0 and 1.")
        return weights


@dataclass(frozen=True)
class Moments:
    """Inner products of the differences between a clip's two movies and the truth, over scored pixels and frames."""

    between: float
    """Sum of (map − ridge) · (truth − ridge)."""
    apart: float
    """Sum of (map − ridge)²."""
    missing: float
    """Sum of (truth − ridge)²."""

    @staticmethod
    def of(
        probable: Float[np.ndarray, "time pixel"],
        linear: Float[np.ndarray, "time pixel"],
        truth: Float[np.ndarray, "time pixel"],
    ) -> "Moments":
        """Compute the sums."""
        towards, lacking = (probable - linear).astype(np.float64), (truth - linear).astype(np.float64)
        return Moments(
            float(np.vdot(towards, lacking)), float(np.vdot(towards, towards)), float(np.vdot(lacking, lacking))
        )

    def error(self, share: float) -> float:
        """Return the squared error of the weighted movie in which `map` has a share."""
        return self.missing - 2 * share * self.between + share**2 * self.apart


def choose_weights(measured: Mapping[str, Sequence[Moments]]) -> Weights:
    """Return the likelihood and the share with the least squared error over clips, the share shrunk towards a half.

    The likelihood `both` is chosen unless another is clearly better. Without clips, the first likelihood and one half.

    Parameters
    ----------
    measured
        The moments of validation clips by likelihood.

    Examples
    --------
    >>> best = choose_weights({"sizes": [Moments(3.0, 4.0, 3.0)] * 6, "events": [Moments(1.0, 4.0, 3.0)] * 6})
    >>> best.likelihood, round(best.share, 3), round(best.error, 3)
    ('sizes', 0.667, 4.667)
    """
    candidates = {name: _share_and_error(clips) for name, clips in measured.items() if clips}
    if not candidates:
        return Weights(next(iter(measured)))
    name = min(candidates, key=lambda one: candidates[one][1] * (1 - BOTH_ALLOWANCE if one == "both" else 1))
    return Weights(name, *candidates[name])


def worth_following(still: Weights, followed: Weights) -> bool:
    """Return whether following the camera clearly lowers the error on the same clips.

    >>> still = Weights("both", 0.5, 100.0)
    >>> [worth_following(still, Weights("both", 0.5, error)) for error in (90.0, 99.5, float("nan"))]
    [True, False, False]
    """
    return followed.error < (1 - WORTHWHILE_GAIN) * still.error


def _share_and_error(clips: Sequence[Moments]) -> tuple[float, float]:
    between, apart, missing = (sum(getattr(clip, name) for clip in clips) for name in ("between", "apart", "missing"))
    prior = SHRINKAGE_CLIPS / len(clips)
    best = (between + prior * apart * EVEN_SHARE) / (apart * (1 + prior)) if apart > 0 else EVEN_SHARE
    share = float(np.clip(best, 0, 1))
    return share, Moments(between, apart, missing).error(share)
