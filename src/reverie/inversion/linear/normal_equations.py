"""Linear regression from sums over trials: ridge weights in closed form, without ever holding all samples."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.linalg import cho_factor, cho_solve


@dataclass
class NormalEquations:
    """Sums of products of features x and targets z over samples, which is all that ridge regression needs.

    gram: Σ x xᵀ. cross: Σ x zᵀ. energy: Σ z², per target. Features and targets are taken to have mean 0. Products are
    as precise as what is added, sums double precision.
    """

    gram: Float[np.ndarray, "feature feature"]
    cross: Float[np.ndarray, "feature target"]
    energy: Float[np.ndarray, " target"]

    @classmethod
    def empty(cls, features: int, targets: int) -> "NormalEquations":
        """Return sums over nothing."""
        return cls(np.zeros((features, features)), np.zeros((features, targets)), np.zeros(targets))

    def add(self, features: Float[np.ndarray, "sample feature"], targets: Float[np.ndarray, "sample target"]) -> None:
        """Take in samples."""
        self.gram += features.T @ features  # numpy sees the same matrix twice and does half of the work
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
