"""Directions of limited-memory BFGS, safeguarded and preconditioned."""

from dataclasses import dataclass, replace

import torch
from jaxtyping import Float
from torch import Tensor

from reverie.inversion.conjugate_gradients import Coefficients, dot
from reverie.inversion.methods.precision import Precision

LEAST_CURVATURE = 1e-6
"""Cosine between a step and the gradient's change below which the pair is not remembered: there the loss is not
convex, and believing it would turn directions uphill."""


@dataclass(frozen=True)
class Curvature:
    """What was learned of a loss's curvature: the last steps, how the gradient changed, and what it was taken for.

    precision: the estimate to begin with. steps, changes: (pair, ...), oldest first.
    Source: Nocedal & Wright, Numerical Optimization, 2006, algorithm 7.4.
    """

    precision: Precision
    steps: Float[Tensor, "pair time row column"]
    changes: Float[Tensor, "pair time row column"]

    @staticmethod
    def begin(precision: Precision) -> "Curvature":
        """Return what is known before the first step."""
        none = precision.information.new_zeros(0, *precision.information.shape)
        return Curvature(precision, none, none)

    def forgotten(self) -> "Curvature":
        """Return the estimate alone."""
        return Curvature.begin(self.precision)

    def direction(self, gradient: Coefficients) -> Coefficients:
        """Return a direction in which the loss falls: minus the gradient times an estimate of the inverse curvature."""
        left, weights = gradient.clone(), []
        pairs = list(zip(self.steps, self.changes, strict=True))
        for step, change in reversed(pairs):
            weights.append(dot(step, left) / dot(step, change))
            left -= weights[-1] * change
        left = self.precision.solve(left)
        if pairs:
            step, change = pairs[-1]
            left *= dot(step, change) / dot(self.precision.solve(change), change)
        for (step, change), weight in zip(pairs, reversed(weights), strict=True):
            left += (weight - dot(change, left) / dot(step, change)) * step
        return -left

    def learned(self, step: Coefficients, change: Coefficients, memory: int) -> "Curvature":
        """Return the curvature with one more pair, at most ``memory``; a pair without curvature is left out."""
        if not dot(step, change) > LEAST_CURVATURE * float(step.norm() * change.norm()):
            return self
        steps, changes = (
            torch.cat([old, new[None]])[-memory:] for old, new in ((self.steps, step), (self.changes, change))
        )
        return replace(self, steps=steps, changes=changes)
