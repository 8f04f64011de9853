"""The most exciting movie of a neuron: the one it responds to most, of all movies that are equally probable."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from reverie.foundation.arrays import Movie
from reverie.foundation.errors import ReverieError
from reverie.inversion.methods.map_state import prior_of
from reverie.inversion.objective import mean_rate_and_gradient
from reverie.inversion.priors.gaussian import GaussianPrior
from reverie.inversion.problem import Problem

STEPS, STARTS = 30, 2
"""Largest number of steps, and number of random starting movies besides the gradient at the mean."""

SHORTENINGS = 5
"""How often a step along the sphere is halved before the search ends."""

LEAST_GAIN = 1e-3
"""The ascent ends when a step raises the rate by less than this share."""

LEAST_SLOPE = 1e-12
"""Length of a gradient below which a neuron counts as not responding to the movie."""


@dataclass(frozen=True)
class Excitement:
    """A movie (time, height, width), grey levels, and the mean rate it is predicted to cause."""

    movie: Movie
    rate: float


def most_exciting_movie(problem: Problem, *, first: int = 0, contrast: float = 200.0) -> Excitement:
    """Find the movie with the highest mean rate of a problem's neurons, over the frames from ``first`` on.

    It is mean + colour(w) of the problem's Gaussian prior, clipped to 0-255, with w on a sphere. All movies on the
    sphere are equally probable under the prior, so that none excites by contrast or grain that natural movies do not
    have. The sphere's radius is such that the first movie, along the gradient, departs from the mean by at most
    ``contrast`` grey levels before it is clipped. A step goes from w towards the gradient at w and back onto the
    sphere, and is shortened until the rate rises. The ascent starts from the gradient at the mean and from ``STARTS``
    random movies, since complex cells have no gradient at grey; the best movie is returned. The responses of the
    problem are not used. Source: Walker et al., Inception loops discover what excites neurons most, 2019 (their norm is
    that of pixels). Raises ReverieError when a setting is out of range, the problem has no Gaussian prior, or no neuron
    responds."""
    if not 0 <= first < problem.frames or contrast <= 0:
        raise ReverieError(
            f"Rates cannot count from frame {first} of {problem.frames} on, at a contrast of {contrast:g}; give a "
            "frame of the movie, and a contrast above 0."
        )
    problem, prior = problem.in_fast_form(), prior_of(problem)
    found = [_ascend(problem, prior, start, first, contrast) for start in _starts(problem)]
    return max(found, key=lambda each: each.rate)


def _starts(problem: Problem) -> Iterator[Float[Tensor, "time height width"]]:
    """Yield the coefficients of the mean, which are 0, and random ones."""
    shape = (problem.frames, *problem.frame_size)
    yield torch.zeros(shape, device=problem.device)
    generator = torch.Generator().manual_seed(0)
    for _ in range(STARTS):
        yield torch.randn(shape, generator=generator).to(problem.device)


def _ascend(
    problem: Problem, prior: GaussianPrior, start: Float[Tensor, "time height width"], first: int, contrast: float
) -> Excitement:
    rate, uphill = _rate(problem, prior, start, first)
    if not uphill.norm() > LEAST_SLOPE:
        return Excitement(_movie(prior, start).cpu().numpy(), rate)
    direction = uphill / uphill.norm()
    radius = contrast / float(prior.colour(direction).abs().max())
    white = radius * direction
    rate, uphill = _rate(problem, prior, white, first)
    for _ in range(STEPS):
        better = _step(problem, prior, white, uphill, rate, first)
        if better is None:
            break
        gain, (white, rate, uphill) = better[1] - rate, better
        if gain < LEAST_GAIN * abs(rate):
            break
    return Excitement(_movie(prior, white).cpu().numpy(), rate)


def _step(
    problem: Problem, prior: GaussianPrior, white: Tensor, uphill: Tensor, rate: float, first: int
) -> tuple[Tensor, float, Tensor] | None:
    """Return a better point of the sphere with its rate and gradient, None when none is found."""
    radius, aim = white.norm(), uphill / uphill.norm().clamp_min(LEAST_SLOPE)
    share = 1.0
    for _ in range(SHORTENINGS):
        tried = (1 - share) * white / radius + share * aim
        tried = radius * tried / tried.norm().clamp_min(LEAST_SLOPE)
        found, slope = _rate(problem, prior, tried, first)
        if found > rate:
            return tried, found, slope
        share /= 2
    return None


def _rate(problem: Problem, prior: GaussianPrior, white: Tensor, first: int) -> tuple[float, Tensor]:
    """Return the mean rate at white coefficients, and its gradient with respect to them."""
    rate, gradient = mean_rate_and_gradient(problem, _movie(prior, white), first)
    # The gradient ignores the clipping of grey levels, so that a saturated pixel can find its way back.
    return rate, prior.adjoint(gradient)


def _movie(prior: GaussianPrior, white: Tensor) -> Tensor:
    return (prior.mean + prior.colour(white)).clamp(0.0, 255.0)
