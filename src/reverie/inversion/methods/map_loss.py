"""The loss J that `map` minimises, as a function of white coefficients, and the line search along a direction."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from reverie.foundation.errors import ReverieError
from reverie.inversion.methods.curvature import dot
from reverie.inversion.methods.grey_levels import soft_clip
from reverie.inversion.methods.map_state import Point, prior_of
from reverie.inversion.objective import loss_alone, loss_and_gradient
from reverie.inversion.problem import Problem

HALVINGS = 8
"""Largest number of times that a step is shortened before its direction is given up."""

SUFFICIENT_DECREASE = 1e-4
"""Share of the decrease predicted by the slope that a step must bring (Armijo's rule)."""


@dataclass(frozen=True)
class MapLoss:
    """J(w) of one problem: negative log likelihood of the responses, plus weight / 2 · ‖w‖²."""

    problem: Problem
    weight: float
    """Weight of the prior."""
    softness: float
    """Grey levels over which the soft clip bends into 0 and 255."""
    around: Float[Tensor, "pair time height width"]
    """Departures, in grey levels before the clip. The likelihood is averaged over the movie plus and minus each of
    them; without any, it is that of the movie alone."""

    @property
    def evaluations(self) -> int:
        """How often the clip goes through the encoders for one value of J."""
        return max(1, 2 * len(self.around))

    def evaluate(self, white: Float[Tensor, "time row column"]) -> Point:
        """Return J, its gradient and the movie at white coefficients.

        Raises ReverieError when J or its gradient is not finite.
        """
        prior = prior_of(self.problem)
        values = prior.mean + prior.colour(white)
        loss, slope = 0.0, torch.zeros_like(values)
        for departure in self._departures(values):
            movie, clip_slope = soft_clip(values + departure, self.softness)
            cost, gradient = loss_and_gradient(self.problem, movie)
            loss += cost / self.evaluations
            slope += gradient * clip_slope / self.evaluations
        gradient = prior.adjoint(slope) + self.weight * white
        loss += self.weight / 2 * dot(white, white)
        if not (np.isfinite(loss) and bool(torch.isfinite(gradient).all())):
            raise ReverieError(
                "The loss or its gradient is not finite; the encoder's weights or the responses are damaged or out of "
                "range."
            )
        return Point(white, loss, gradient, slope, soft_clip(values, self.softness)[0])

    def at_mean(self) -> float:
        """Return J at the prior's mean, where all white coefficients are 0, without its gradient."""
        mean = prior_of(self.problem).mean.expand(self.problem.frames, -1, -1)
        losses = [
            loss_alone(self.problem, soft_clip(mean + departure, self.softness)[0])
            for departure in self._departures(mean)
        ]
        return sum(losses) / len(losses)

    def _departures(self, values: Float[Tensor, "time height width"]) -> tuple[Float[Tensor, "time height width"], ...]:
        return (*self.around, *-self.around) if len(self.around) else (torch.zeros_like(values),)


def line_search(
    loss: MapLoss, point: Point, direction: Float[Tensor, "time row column"], longest: float
) -> tuple[Point | None, int]:
    """Return the first point along a direction with enough decrease, or None, and how many points were tried.

    Source: Nocedal & Wright, Numerical Optimization, 2006, chapter 3 (backtracking with a parabola).

    Parameters
    ----------
    point
        Where the search starts.
    direction
        A direction along which the loss falls.
    longest
        Largest change of the unclipped movie, grey levels (root mean square).
    """
    slope = dot(direction, point.gradient)
    change = float(prior_of(loss.problem).colour(direction).square().mean().sqrt())
    length = min(1.0, longest / max(change, 1e-12))
    for tried in range(1, HALVINGS + 1):
        found = loss.evaluate(point.white + length * direction)
        if found.loss <= point.loss + SUFFICIENT_DECREASE * length * slope:
            return found, tried
        # The minimum of the parabola through both losses and the slope, within limits.
        parabola = -slope * length**2 / (2 * (found.loss - point.loss - slope * length))
        length = min(max(parabola, 0.1 * length), 0.5 * length)
    return None, HALVINGS
