from dataclasses import replace

import numpy as np
import pytest
import torch
from tests.inversion.toys import SIZE, SpotEncoder, observe, problem, smooth_movie

from reverie.encoders.linear_nonlinear import LinearNonlinear, LinearNonlinearConfig
from reverie.foundation.errors import ReverieError
from reverie.inversion.exciting import most_exciting_movie
from reverie.inversion.objective import mean_rate_and_gradient
from reverie.inversion.priors.gaussian import GaussianPrior

FRAMES = 20


@pytest.fixture(scope="module")
def prior() -> GaussianPrior:
    """Movies that are a little smooth, so that what is most exciting is a little smoother than the filter."""
    frequency = np.stack(np.meshgrid(*(np.arange(n) / n for n in (FRAMES, *SIZE)), indexing="ij"))
    power = torch.from_numpy(np.exp(-4 * (frequency**2).sum(0))).float()
    return GaussianPrior(torch.full(SIZE, 120.0), torch.full(SIZE, 40.0), power)


def asked_of(encoder, neuron, prior):
    seen = observe(encoder, smooth_movie(FRAMES, SIZE), seed=0)
    return replace(problem(replace(seen, neurons=torch.tensor([neuron]))), prior=prior)


@pytest.mark.parametrize("neuron", [0, 3])
def test_a_linear_nonlinear_neuron_likes_its_own_filter_best(prior, neuron):
    encoder = LinearNonlinear(LinearNonlinearConfig(taps=6, pooling=1), {"toy": 5}, SIZE)
    spots = SpotEncoder(5, size=SIZE).spots.detach()
    with torch.no_grad():
        encoder.readouts[0].space.copy_(spots.flatten(1))
    found = most_exciting_movie(asked_of(encoder, neuron, prior), first=FRAMES - 1, contrast=100.0)
    time = encoder.readouts[0].time[neuron].detach()
    expected = torch.zeros(FRAMES, *SIZE)
    expected[-6:] = time[:, None, None] * spots[neuron]
    shape = torch.corrcoef(torch.stack([torch.from_numpy(found.movie).flatten(), expected.flatten()]))[0, 1]
    assert shape > 0.8
    # To the last digit it is the filter seen through the prior.
    best = prior.colour(prior.adjoint(expected))
    exact = torch.corrcoef(torch.stack([torch.from_numpy(found.movie).flatten() - 120, best.flatten()]))[0, 1]
    assert exact > 0.99


def test_no_movie_as_probable_excites_as_much(prior):
    asked = asked_of(SpotEncoder(5, history=2), 1, prior)
    found = most_exciting_movie(asked, first=5, contrast=60.0)
    departure = torch.from_numpy(found.movie) - prior.mean
    assert departure.abs().max() < 90
    white = (2 * prior(torch.from_numpy(found.movie))).sqrt()
    for seed in range(20):
        other = torch.randn(FRAMES, *SIZE, generator=torch.Generator().manual_seed(seed))
        movie = prior.mean + prior.colour(other * white / other.norm())
        assert mean_rate_and_gradient(asked, movie, 5)[0] < found.rate
    rate, gradient = mean_rate_and_gradient(asked, torch.from_numpy(found.movie), 5)
    assert rate == pytest.approx(found.rate, rel=1e-5)
    assert gradient.shape == found.movie.shape


def test_the_mean_rate_is_that_of_the_encoder_and_its_gradient_a_difference(prior):
    encoder = SpotEncoder(5, history=2)
    asked, movie = asked_of(encoder, 1, prior), torch.from_numpy(smooth_movie(FRAMES, SIZE, 4))
    (seen,) = asked.observations
    rate, gradient = mean_rate_and_gradient(asked, movie, 7)
    with torch.no_grad():
        assert rate == pytest.approx(float(encoder(movie[None], seen.state[None], "toy")[0, 1, 7:].mean()), rel=1e-5)
    direction = torch.randn(movie.shape, generator=torch.Generator().manual_seed(0))
    up, down = (mean_rate_and_gradient(asked, movie + step * direction, 7)[0] for step in (0.5, -0.5))
    assert up - down == pytest.approx(float((gradient * direction).sum()), rel=1e-2)


def test_settings_out_of_range_are_named(prior):
    asked = asked_of(SpotEncoder(5), 1, prior)
    with pytest.raises(ReverieError, match="Rates cannot count from frame"):
        most_exciting_movie(asked, first=FRAMES)
    with pytest.raises(ReverieError, match="Gaussian prior"):
        most_exciting_movie(replace(asked, prior=None))
