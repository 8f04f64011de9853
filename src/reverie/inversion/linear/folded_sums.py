"""Ridge regression from one set of sums for each fold: for more samples than features."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from jaxtyping import Float

from reverie.inversion.linear.normal_equations import NormalEquations
from reverie.inversion.linear.regression import Regression, blocks_of, penalty
from reverie.inversion.linear.response_features import FeaturesOf
from reverie.inversion.linear.samples import Sample


@dataclass(frozen=True)
class FoldedSums(Regression):
    """The normal equations of every fold; the samples themselves are not kept."""

    folds: Sequence[NormalEquations]

    @classmethod
    def of(cls, samples: Iterable[Sample], features: FeaturesOf, every: int) -> "FoldedSums":
        """Add up the samples, which come fold by fold and are gone through once."""
        folds = []
        for _, members in groupby(samples, key=lambda sample: sample.fold):
            sums: NormalEquations | None = None
            for seen, scores in blocks_of(members, features, every):
                sums = sums or NormalEquations.empty(seen.shape[1], scores.shape[1])
                sums.add(seen, scores)
            assert sums is not None
            folds.append(sums)
        return cls(folds)

    def solve(self, weight: float) -> Float[np.ndarray, "feature component"]:
        """Return the ridge weights from all folds together."""
        return _solved(_added(self.folds), weight)

    def explained(
        self, weight: float, count: int
    ) -> tuple[Float[np.ndarray, " component"], Float[np.ndarray, " component"]]:
        """Return how much of the first components is explained in folds that the fit did not see, and their energy."""
        folds = [one.first_targets(count) for one in self.folds]
        energy = _added(folds).energy
        left = np.zeros_like(energy)
        for number, left_out in enumerate(folds):
            seen = [one for other, one in enumerate(folds) if other != number]
            left += left_out.errors(_solved(_added(seen), weight))
        return energy - left, energy


def _solved(sums: NormalEquations, weight: float) -> Float[np.ndarray, "feature component"]:
    return sums.solve(penalty(weight, float(np.trace(sums.gram)), len(sums.gram)))


def _added(sums: Sequence[NormalEquations]) -> NormalEquations:
    total = sums[0]
    for one in sums[1:]:
        total = total + one
    return total
