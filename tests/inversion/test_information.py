from dataclasses import replace

import numpy as np
import pytest
import torch
from tests.inversion.toys import SpotEncoder, observe, problem, smooth_movie

from reverie.inversion.information import information_map, prior_variance
from reverie.inversion.likelihood import PoissonLikelihood
from reverie.inversion.methods.map import Map
from reverie.inversion.priors.gaussian import GaussianPrior, fit_prior
from reverie.inversion.solve import solve
from reverie.recordings.trial import Trial

SIZE, FRAMES = (12, 16), 30


@pytest.fixture(scope="module")
def prior() -> GaussianPrior:
    movies = [smooth_movie(FRAMES, SIZE, seed) for seed in range(8)]
    return fit_prior([Trial("0", "t", movie, np.zeros((4, FRAMES), np.float32), None) for movie in movies])


def test_the_variance_of_the_prior_is_that_of_its_movies(prior):
    units = torch.eye(6 * 4 * 5).reshape(-1, 6, 4, 5)
    small = replace(prior, mean=prior.mean[:4, :5], deviation=prior.deviation[:4, :5], power=prior.power[:, :4, :5])
    exact = torch.stack([small.colour(unit) for unit in units]).square().sum(0)
    np.testing.assert_allclose(prior_variance(small, 6), exact.numpy(), rtol=1e-4)


def test_greys_shown_near_black_tell_nothing_where_nobody_looks(prior):
    dark = replace(prior, mean=prior.mean - 110, deviation=1.5 * prior.deviation)
    deaf = SpotEncoder(20, size=SIZE)
    with torch.no_grad():
        deaf.spots.zero_()
    asked = replace(problem(observe(deaf, smooth_movie(FRAMES, SIZE, 30), noisy=True)), prior=dark)
    solver = Map(draws=30)
    found = solve(asked, solver)
    assert information_map(found.movie, found.std, dark, solver.softness).mean() < 0.04


def test_there_is_no_information_where_the_posterior_is_the_prior(prior):
    movie = np.full((FRAMES, *SIZE), 127.5, np.float32)
    std = np.sqrt(prior_variance(prior, FRAMES)).astype(np.float32)
    assert information_map(movie, std, prior, 8.0).max() < 1e-3
    np.testing.assert_allclose(information_map(movie, std / 2, prior, 8.0), 0.75, atol=1e-3)


def test_information_is_where_neurons_look(prior):
    encoder = SpotEncoder(80, history=2, size=SIZE)
    with torch.no_grad():
        encoder.spots[:, :, 8:] = 0
    seen = replace(
        observe(encoder, smooth_movie(FRAMES, SIZE, 30)), likelihood=PoissonLikelihood(torch.full((80,), 0.05))
    )
    asked = replace(problem(seen), prior=prior)
    solver = Map(draws=6)
    found = solve(asked, solver)
    information = information_map(found.movie, found.std, prior, solver.softness)
    assert information.shape == SIZE
    assert information[:, :6].mean() > 0.5
    # Even though so few iterations of conjugate gradients do not get far where so much is known.
    assert information[:, 11:14].max() < 0.1
