"""Ridge regression with a penalty chosen by cross-validation, without holding all samples in memory.

With more samples than features it is solved in primal form, from one set of sums for each fold; with fewer, in dual
form, from the products of all pairs of samples.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.linalg import cho_factor, cho_solve

from reverie.inversion.linear.response_features import FeaturesOf
from reverie.inversion.linear.samples import Sample

FIRST_WEIGHT = 1.0
"""Where the search for the penalty begins, in units of the features' mean variance times the number of samples."""

WEIGHT_RATIO = 2.5
"""Ratio of neighbouring penalties; the error hardly changes over smaller steps."""

WEIGHTS_TRIED = 8
"""Largest number of such steps that the search goes up or down."""

COMPONENTS_JUDGED = 128
"""Number of leading components of the pictures in which the error is measured; they hold what can be decoded."""

ROWS_AT_ONCE = 1500
"""Samples that are multiplied at once; many, because every product is added to a large matrix in memory."""


class Regression(ABC):
    """Samples in folds, from which ridge weights are solved for any penalty, from all folds or all but one."""

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

        The share is assumed to have one minimum: from ``FIRST_WEIGHT``, weights are tried in the direction in which it
        falls, until it rises again.
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
    """Return the penalty of a weight, which is independent of units and of the numbers of samples and features.

    Parameters
    ----------
    energy
        Σ x² over samples and features.
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


@dataclass
class NormalEquations:
    """Sums over samples of products of features x and targets z, which are all that ridge regression needs.

    Features and targets are assumed to have mean 0. Products have the precision of their factors; sums are in double
    precision.
    """

    gram: Float[np.ndarray, "feature feature"]
    """Σ x xᵀ."""
    cross: Float[np.ndarray, "feature target"]
    """Σ x zᵀ."""
    energy: Float[np.ndarray, " target"]
    """Σ z², per target."""

    @classmethod
    def empty(cls, features: int, targets: int) -> "NormalEquations":
        """Return sums over no samples."""
        return cls(np.zeros((features, features)), np.zeros((features, targets)), np.zeros(targets))

    def add(self, features: Float[np.ndarray, "sample feature"], targets: Float[np.ndarray, "sample target"]) -> None:
        """Add samples to the sums."""
        self.gram += features.T @ features  # numpy recognises the same matrix twice and does half the work
        self.cross += features.T @ targets
        self.energy += (targets.astype(np.float64) ** 2).sum(axis=0)

    def __add__(self, other: "NormalEquations") -> "NormalEquations":
        """Return the sums over both sets of samples."""
        return NormalEquations(self.gram + other.gram, self.cross + other.cross, self.energy + other.energy)

    def first_targets(self, count: int) -> "NormalEquations":
        """Return the sums for the first targets only."""
        return NormalEquations(self.gram, self.cross[:, :count], self.energy[:count])

    def solve(self, penalty: float) -> Float[np.ndarray, "feature target"]:
        """Return the B that minimises Σ |z - Bᵀx|² + penalty · |B|²."""
        penalised = self.gram.copy()
        penalised.flat[:: len(penalised) + 1] += penalty
        factor = cho_factor(penalised, lower=True, overwrite_a=True, check_finite=False)
        return np.asarray(cho_solve(factor, self.cross, check_finite=False))

    def errors(self, weights: Float[np.ndarray, "feature target"]) -> Float[np.ndarray, " target"]:
        """Return Σ (z - Bᵀx)² over the samples for given weights B, per target, from the sums alone."""
        explained = 2 * (weights * self.cross).sum(axis=0) - (weights * (self.gram @ weights)).sum(axis=0)
        return np.asarray(self.energy - explained)


@dataclass(frozen=True)
class FoldedSums(Regression):
    """The normal equations of every fold; the samples themselves are not kept."""

    folds: Sequence[NormalEquations]
    beside: Sequence[NormalEquations] = ()
    """Further training samples of each fold, such as simulated ones, that the error is never measured on."""

    @classmethod
    def of(cls, samples: Iterable[Sample], features: FeaturesOf, every: int) -> "FoldedSums":
        """Sum over the samples, which come fold by fold and are read once."""
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
        return _solved(_added([*self.folds, *self.beside]), weight)

    def explained(
        self, weight: float, count: int
    ) -> tuple[Float[np.ndarray, " component"], Float[np.ndarray, " component"]]:
        """Return how much of the first components is explained in folds that the fit did not see, and their energy."""
        folds, beside = ([one.first_targets(count) for one in sums] for sums in (self.folds, self.beside))
        energy = _added(folds).energy
        left = np.zeros_like(energy)
        for number, left_out in enumerate(folds):
            seen = [one for sums in (folds, beside) for other, one in enumerate(sums) if other != number]
            left += left_out.errors(_solved(_added(seen), weight))
        return energy - left, energy


def _solved(sums: NormalEquations, weight: float) -> Float[np.ndarray, "feature component"]:
    return sums.solve(penalty(weight, float(np.trace(sums.gram)), len(sums.gram)))


def _added(sums: Sequence[NormalEquations]) -> NormalEquations:
    total = sums[0]
    for one in sums[1:]:
        total = total + one
    return total


@dataclass(frozen=True)
class SampleProducts(Regression):
    """Features and scores of all samples, and the fold of each.

    Ridge weights lie in the span of the samples x: they are Xᵀ a with (X Xᵀ + penalty) a = z.

    Source: Saunders, Gammerman & Vovk 1998 (ICML), for the linear kernel.
    """

    seen: Float[np.ndarray, "sample feature"]
    scores: Float[np.ndarray, "sample component"]
    folds: Int[np.ndarray, " sample"]
    products: Float[np.ndarray, "sample sample"]
    """X Xᵀ."""

    @classmethod
    def of(cls, samples: Iterable[Sample], features: FeaturesOf, every: int) -> "SampleProducts":
        """Store features and scores of the samples, which are read once."""
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
