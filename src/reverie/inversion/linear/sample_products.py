"""Ridge regression from the products of all samples with each other: for fewer samples than features (dual form)."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.linalg import cho_factor, cho_solve

from reverie.inversion.linear.regression import Regression, penalty
from reverie.inversion.linear.response_features import FeaturesOf
from reverie.inversion.linear.samples import Sample


@dataclass(frozen=True)
class SampleProducts(Regression):
    """Features and scores of all samples, and the fold of each.

    Ridge weights lie in the span of the samples x: they are Xᵀ a with (X Xᵀ + penalty) a = z. products: X Xᵀ.
    Source: Saunders, Gammerman & Vovk 1998 (ICML), for the linear kernel.
    """

    seen: Float[np.ndarray, "sample feature"]
    scores: Float[np.ndarray, "sample component"]
    folds: Int[np.ndarray, " sample"]
    products: Float[np.ndarray, "sample sample"]

    @classmethod
    def of(cls, samples: Iterable[Sample], features: FeaturesOf, every: int) -> "SampleProducts":
        """Take in the samples, which are gone through once."""
        parts = [(features(one.responses, every), one.scores, np.full(len(one.scores), one.fold)) for one in samples]
        seen, scores, folds = (np.concatenate(each) for each in zip(*parts, strict=True))
        return cls(seen, scores, folds, (seen @ seen.T).astype(np.float64))

    def solve(self, weight: float) -> Float[np.ndarray, "feature component"]:
        """Return the ridge weights from all folds together."""
        found: np.ndarray = self.seen.T @ self._solved(np.ones(len(self.folds), dtype=bool), weight, None)
        return found

    def explained(
        self, weight: float, count: int
    ) -> tuple[Float[np.ndarray, " component"], Float[np.ndarray, " component"]]:
        """Return how much of the first components is explained in folds that the fit did not see, and their energy."""
        scores = self.scores[:, :count].astype(np.float64)
        energy = np.square(scores).sum(axis=0)
        left = np.zeros_like(energy)
        for fold in np.unique(self.folds):
            out = self.folds == fold
            estimate = self.products[np.ix_(out, ~out)] @ self._solved(~out, weight, count)
            left += np.square(scores[out] - estimate).sum(axis=0)
        return energy - left, energy

    def _solved(
        self, rows: Bool[np.ndarray, " sample"], weight: float, count: int | None
    ) -> Float[np.ndarray, "some component"]:
        products = self.products[np.ix_(rows, rows)]
        products.flat[:: len(products) + 1] += penalty(weight, float(np.trace(products)), self.seen.shape[1])
        factor = cho_factor(products, lower=True, overwrite_a=True, check_finite=False)
        return np.asarray(cho_solve(factor, self.scores[rows, :count].astype(np.float64), check_finite=False))
