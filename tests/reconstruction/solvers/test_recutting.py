"""A loss whose curvature is known exactly, before and after cuts are known."""

from dataclasses import replace

import pytest
import torch
from tests.reconstruction.toys import SIZE

from reverie.reconstruction.priors.gaussian import GaussianPrior
from reverie.reconstruction.solvers.quasi_newton import Curvature
from reverie.reconstruction.solvers.recutting import recut

FRAMES, WEIGHT = 24, 0.7


@pytest.fixture(scope="module")
def prior():
    slow = torch.exp(-torch.arange(FRAMES) / 4.0)[:, None, None]
    coarse = torch.exp(-(torch.arange(SIZE[0])[:, None] + torch.arange(SIZE[1])[None]) / 6.0)
    return GaussianPrior(torch.full(SIZE, 120.0), torch.full(SIZE, 30.0), 0.1 + slow * coarse)


def drawn(seed):
    return torch.randn(FRAMES, *SIZE, generator=torch.Generator().manual_seed(seed))


def change_of(prior, step, precision):
    """How the gradient of a loss that is quadratic in the movie changes along a step of white coefficients."""
    return prior.adjoint(precision * prior.colour(step)) + WEIGHT * step


def test_pairs_are_those_that_a_search_with_the_cuts_would_have_found(prior):
    precision, pieces = torch.rand(FRAMES, *SIZE, generator=torch.Generator().manual_seed(9)), prior.cut([0, 9])
    curvature = Curvature.begin(torch.ones(FRAMES, *SIZE))
    for seed in range(3):
        curvature = curvature.learned(drawn(seed), change_of(prior, drawn(seed), precision), 3)
    renewed = recut(curvature, prior, pieces, WEIGHT)
    assert len(renewed.steps) == 3
    for old, step, change in zip(curvature.steps, renewed.steps, renewed.changes, strict=True):
        torch.testing.assert_close(pieces.colour(step), prior.colour(old), rtol=1e-3, atol=1e-2)
        torch.testing.assert_close(change, change_of(pieces, step, precision), rtol=1e-3, atol=1e-2)


def test_the_diagonal_of_a_likelihood_alike_everywhere_stays_right(prior):
    diagonal = WEIGHT + 0.02 * prior.amplitude(FRAMES).square()
    pieces = prior.cut([0, 9])
    renewed = recut(Curvature.begin(diagonal), prior, pieces, WEIGHT)
    torch.testing.assert_close(renewed.diagonal, WEIGHT + 0.02 * pieces.amplitude(FRAMES).square())


def test_without_cuts_nothing_changes(prior):
    curvature = Curvature.begin(1 + prior.amplitude(FRAMES)).learned(drawn(1), 2 * drawn(1), 3)
    same = recut(curvature, prior, replace(prior), WEIGHT)
    for name in ("diagonal", "steps", "changes"):
        torch.testing.assert_close(getattr(same, name), getattr(curvature, name), rtol=1e-3, atol=1e-3)
