"""Ridge regression whose penalty is chosen by cross-validation, whichever way it is solved."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator

import numpy as np
from jaxtyping import Float

from reverie.inversion.linear.response_features import FeaturesOf
from reverie.inversion.linear.samples import Sample

FIRST_WEIGHT = 1.0
"""Where the search for the penalty begins, in units of the features' mean variance times the number of samples."""

WEIGHT_RATIO = 2.5
"""Ratio of neighbouring penalties; the error is flat on this scale."""

WEIGHTS_TRIED = 8
"""The search goes at most so many ratios up or down."""

COMPONENTS_JUDGED = 128
"""Components of the pictures, the first, that the error is measured in; they hold what can be decoded."""

ROWS_AT_ONCE = 1500
"""Samples that are multiplied at once: many, because every product is added to a large matrix in memory."""


class Regression(ABC):
    """Samples in folds, from which ridge weights are found for any penalty, of all folds or of all but one."""

    @abstractmethod
    def solve(self, weight: float) -> Float[np.ndarray, "feature component"]:
        """Return the ridge weights from all folds together."""

    @abstractmethod
    def explained(
        self, weight: float, count: int
    ) -> tuple[Float[np.ndarray, " component"], Float[np.ndarray, " component"]]:
        """Return how much of the first components is explained in folds that the fit did not see, and their energy."""

    def unexplained(self, weight: float) -> float:
        """Return the share of the first components' variance left unexplained in folds that the fit did not see."""
        explained, energy = self.explained(weight, COMPONENTS_JUDGED)
        return 1 - float(explained.sum() / energy.sum())

    def best_weight(self) -> tuple[float, float]:
        """Return the weight with the smallest unexplained share, and that share.

        The share has one valley over the weights: the search goes down from ``FIRST_WEIGHT`` until it rises again.
        """
        shares = {0: self.unexplained(FIRST_WEIGHT)}
        for direction in (1, -1):
            for distance in range(1, WEIGHTS_TRIED + 1):
                step = direction * distance
                shares[step] = self.unexplained(FIRST_WEIGHT * WEIGHT_RATIO**step)
                if shares[step] >= shares[step - direction]:
                    break
            if shares[direction] < shares[0]:
                break
        best = min(shares, key=lambda step: shares[step])
        return FIRST_WEIGHT * WEIGHT_RATIO**best, shares[best]


def penalty(weight: float, energy: float, features: int) -> float:
    """Return the penalty that a weight stands for: it means the same whatever the units and the numbers.

    energy: Σ x² over samples and features.
    """
    return weight * max(energy / features, float(np.finfo(np.float32).tiny))


def blocks_of(
    samples: Iterable[Sample], features: FeaturesOf, every: int
) -> Iterator[tuple[Float[np.ndarray, "sample feature"], Float[np.ndarray, "sample component"]]]:
    """Yield the features and scores of several trials at once."""
    seen: list[np.ndarray] = []
    scores: list[np.ndarray] = []
    for sample in samples:
        seen.append(features(sample.responses, every))
        scores.append(sample.scores)
        if sum(map(len, seen)) >= ROWS_AT_ONCE:
            yield np.concatenate(seen), np.concatenate(scores)
            seen, scores = [], []
    if seen:
        yield np.concatenate(seen), np.concatenate(scores)
