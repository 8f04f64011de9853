"""Cross-validated ridge regression from one set of sums for each fold."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from jaxtyping import Float

from reverie.inversion.linear.normal_equations import NormalEquations
from reverie.inversion.linear.response_features import ResponseFeatures
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


@dataclass(frozen=True)
class FoldedSums:
    """The normal equations of every fold.

    features: how many there are. span: (feature, direction), an orthonormal basis of the samples where there are fewer
    of them than features; the sums are then over samples written in it. Ridge weights lie in the span, so this changes
    nothing but the cost (it is the dual form).
    """

    folds: Sequence[NormalEquations]
    features: int
    span: Float[np.ndarray, "feature direction"] | None

    @classmethod
    def of(cls, samples: Iterable[Sample], features: ResponseFeatures, every: int) -> "FoldedSums":
        """Add up the samples, which are gone through once or twice and not kept."""
        count = sum(len(sample.scores) for sample in samples)
        span = None
        if count < features.count:
            span = np.linalg.qr(np.concatenate([features(one.responses)[::every] for one in samples]).T)[0]
        folds = []
        for _, members in groupby(samples, key=lambda sample: sample.fold):
            sums: NormalEquations | None = None
            for seen, scores in _blocks(members, features, every):
                seen = seen if span is None else seen @ span
                sums = sums or NormalEquations.empty(seen.shape[1], scores.shape[1])
                sums.add(seen, scores)
            assert sums is not None
            folds.append(sums)
        return cls(folds, features.count, span)

    def solve(self, weight: float) -> Float[np.ndarray, "feature component"]:
        """Return the ridge weights from all folds together."""
        found = self._solve(_added(self.folds), weight)
        return found if self.span is None else self.span @ found

    def unexplained(self, weight: float) -> float:
        """Return the share of the first components' variance left unexplained in folds that the fit did not see."""
        explained, energy = self.explained(weight, COMPONENTS_JUDGED)
        return 1 - float(explained.sum() / energy.sum())

    def explained(
        self, weight: float, count: int
    ) -> tuple[Float[np.ndarray, " component"], Float[np.ndarray, " component"]]:
        """Return how much of the first components is explained in folds that the fit did not see, and their energy."""
        folds = [one.first_targets(count) for one in self.folds]
        energy = _added(folds).energy
        left = np.zeros_like(energy)
        for number, left_out in enumerate(folds):
            seen = [one for other, one in enumerate(folds) if other != number]
            left += left_out.errors(self._solve(_added(seen), weight))
        return energy - left, energy

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

    def _solve(self, sums: NormalEquations, weight: float) -> Float[np.ndarray, "direction component"]:
        # Scaled so that a weight means the same whatever the units and the numbers of samples and features.
        variance = float(np.trace(sums.gram)) / self.features
        return sums.solve(weight * max(variance, float(np.finfo(np.float32).tiny)))


def _blocks(
    samples: Iterable[Sample], features: ResponseFeatures, every: int
) -> Iterator[tuple[Float[np.ndarray, "sample feature"], Float[np.ndarray, "sample component"]]]:
    """Yield the features and scores of several trials at once."""
    seen: list[np.ndarray] = []
    scores: list[np.ndarray] = []
    for sample in samples:
        seen.append(features(sample.responses)[::every])
        scores.append(sample.scores)
        if sum(map(len, seen)) >= ROWS_AT_ONCE:
            yield np.concatenate(seen), np.concatenate(scores)
            seen, scores = [], []
    if seen:
        yield np.concatenate(seen), np.concatenate(scores)


def _added(sums: Sequence[NormalEquations]) -> NormalEquations:
    total = sums[0]
    for one in sums[1:]:
        total = total + one
    return total
