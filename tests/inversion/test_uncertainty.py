from dataclasses import replace

import numpy as np
import pytest
import torch
from tests.inversion.toys import SpotEncoder, observe, problem, shown, smooth_movie

from reverie.inversion import uncertainty
from reverie.inversion.likelihood import PoissonLikelihood
from reverie.inversion.methods.map import Map
from reverie.inversion.objective import gauss_newton_product
from reverie.inversion.priors.gaussian import fit_prior
from reverie.inversion.solve import solve
from reverie.inversion.uncertainty import draw_departure, information_map, prior_variance

SIZE, FRAMES = (4, 5), 6


WIDE, LONG = (12, 16), 30


def prior_of(frames, size):
    return fit_prior([shown(smooth_movie(frames, size, seed)) for seed in range(8)])


@pytest.fixture(scope="module")
def prior():
    return prior_of(FRAMES, SIZE)


@pytest.fixture(scope="module")
def wide_prior():
    return prior_of(LONG, WIDE)


@pytest.fixture(scope="module")
def asked(prior):
    encoder = SpotEncoder(15, history=1, size=SIZE)
    seen = observe(encoder, smooth_movie(FRAMES, SIZE, 20), noisy=True)
    seen = replace(seen, likelihood=PoissonLikelihood(torch.full((15,), 0.2)))
    return replace(problem(seen), prior=prior)


def exact_information(asked, movie):
    (seen,) = asked.observations

    def rates_of(clip):
        return seen.encoder(clip[None], seen.state[None], "toy")[0]

    slopes = torch.autograd.functional.jacobian(rates_of, movie).reshape(-1, movie.numel())
    weights = seen.chosen_likelihood.root_information(rates_of(movie).detach()).square().reshape(-1, 1)
    return slopes.T @ (weights * slopes)


def test_the_product_is_that_of_the_exact_matrix(asked):
    movie = torch.from_numpy(smooth_movie(FRAMES, SIZE, 20))
    direction = torch.randn(movie.shape, generator=torch.Generator().manual_seed(0))
    expected = (exact_information(asked, movie) @ direction.flatten()).reshape(movie.shape)
    found = gauss_newton_product(asked, movie, direction)
    assert (found - expected).norm() < 0.05 * expected.norm()


def test_draws_scatter_as_the_exact_posterior_does(asked, prior, monkeypatch):
    monkeypatch.setattr(uncertainty, "RESIDUAL", 0.0)  # without a preconditioner, residuals say little
    movie, bend = torch.from_numpy(smooth_movie(FRAMES, SIZE, 20)), torch.ones(FRAMES, *SIZE)
    generator = torch.Generator().manual_seed(0)
    draws = torch.stack(
        [draw_departure(asked, movie, bend, torch.clone, weight=1.0, generator=generator) for _ in range(80)]
    )
    units = torch.eye(movie.numel()).reshape(-1, *movie.shape)
    colour = torch.stack([prior.colour(unit).flatten() for unit in units], dim=1)
    precision = torch.eye(movie.numel()) + colour.T @ exact_information(asked, movie) @ colour
    exact = (colour @ torch.linalg.inv(precision) @ colour.T).diagonal().reshape(movie.shape).sqrt()
    found = draws.square().mean(0).sqrt()
    assert torch.corrcoef(torch.stack([found.flatten(), exact.flatten()]))[0, 1] > 0.8
    assert found.mean().item() == pytest.approx(exact.mean().item(), rel=0.1)
    assert exact.mean() < 0.9 * (colour.square().sum(1)).sqrt().mean()


@pytest.fixture
def half_blind(wide_prior):
    """A problem whose neurons look at the left half of the picture only."""
    encoder = SpotEncoder(80, history=2, size=WIDE)
    with torch.no_grad():
        encoder.spots[:, :, 8:] = 0
    seen = replace(
        observe(encoder, smooth_movie(LONG, WIDE, 30)), likelihood=PoissonLikelihood(torch.full((80,), 0.05))
    )
    return replace(problem(seen), prior=wide_prior)


def test_the_standard_deviation_is_larger_where_no_neuron_looks(half_blind):
    std = solve(half_blind, Map(draws=4)).std
    assert std.shape == (LONG, *WIDE)
    assert std[:, :, 12:].mean() > 1.3 * std[:, :, :4].mean()


def test_the_default_draws_and_without_draws_nothing_is_known(asked):
    drawn, silent = (solve(asked, method) for method in (Map(), Map(draws=0)))
    np.testing.assert_array_equal(drawn.movie, silent.movie)
    assert drawn.std.shape == (FRAMES, *SIZE)
    assert (drawn.std > 0).all()
    assert silent.std is None


def test_the_variance_of_the_prior_is_that_of_its_movies(wide_prior):
    units = torch.eye(6 * 4 * 5).reshape(-1, 6, 4, 5)
    small = replace(
        wide_prior,
        mean=wide_prior.mean[:4, :5],
        deviation=wide_prior.deviation[:4, :5],
        power=wide_prior.power[:, :4, :5],
    )
    exact = torch.stack([small.colour(unit) for unit in units]).square().sum(0)
    np.testing.assert_allclose(prior_variance(small, 6), exact.numpy(), rtol=1e-4)


def test_greys_shown_near_black_tell_nothing_where_nobody_looks(wide_prior):
    dark = replace(wide_prior, mean=wide_prior.mean - 110, deviation=1.5 * wide_prior.deviation)
    deaf = SpotEncoder(20, size=WIDE)
    with torch.no_grad():
        deaf.spots.zero_()
    asked = replace(problem(observe(deaf, smooth_movie(LONG, WIDE, 30), noisy=True)), prior=dark)
    solver = Map(draws=30)
    found = solve(asked, solver)
    assert information_map(found.movie, found.std, dark, solver.softness).mean() < 0.04


def test_there_is_no_information_where_the_posterior_is_the_prior(wide_prior):
    movie = np.full((LONG, *WIDE), 127.5, np.float32)
    std = np.sqrt(prior_variance(wide_prior, LONG)).astype(np.float32)
    assert information_map(movie, std, wide_prior, 8.0).max() < 1e-3
    np.testing.assert_allclose(information_map(movie, std / 2, wide_prior, 8.0), 0.75, atol=1e-3)


def test_information_is_where_neurons_look(half_blind, wide_prior):
    solver = Map(draws=6)
    found = solve(half_blind, solver)
    information = information_map(found.movie, found.std, wide_prior, solver.softness)
    assert information.shape == WIDE
    assert information[:, :6].mean() > 0.5
    # Even though so few iterations of conjugate gradients do not get far where so much is known.
    assert information[:, 11:14].max() < 0.1
