import numpy as np
import pytest
import torch
from tests.reconstruction.toys import smooth_movie

from reverie.foundation.errors import ReverieError
from reverie.reconstruction.priors.gaussian import GaussianPrior, fit_prior
from reverie.recordings.trial import Trial

SIZE = (12, 16)


def trial_of(movie):
    return Trial("0", "train", movie, np.zeros((4, len(movie)), np.float32), None)


def drawn(prior, frames, seed):
    white = torch.randn(frames, *prior.frame_size, generator=torch.Generator().manual_seed(seed))
    return (prior.mean + prior.colour(white)).numpy()


@pytest.fixture(scope="module")
def prior():
    return fit_prior([trial_of(smooth_movie(40, SIZE, seed)) for seed in range(12)])


@pytest.mark.parametrize("frames", [40, 64, 17])
def test_the_adjoint_is_the_adjoint_and_calling_undoes_colouring(prior, frames):
    generator = torch.Generator().manual_seed(0)
    white, movie = (torch.randn(frames, *SIZE, generator=generator) for _ in range(2))
    coloured = prior.colour(white)
    torch.testing.assert_close((coloured * movie).sum(), (white * prior.adjoint(movie)).sum(), rtol=1e-3, atol=1e-2)
    implausible = prior(prior.mean + coloured)
    torch.testing.assert_close(implausible, white.square().sum() / 2, rtol=1e-3, atol=1e-2)


def test_what_is_drawn_from_a_prior_gives_the_prior_back(prior):
    again = fit_prior([trial_of(drawn(prior, 40, seed)) for seed in range(40)])
    assert np.corrcoef(again.power.log().flatten(), prior.power.log().flatten())[0, 1] > 0.98
    np.testing.assert_allclose(again.deviation, prior.deviation, rtol=0.15)
    np.testing.assert_allclose(again.mean, prior.mean, atol=8)


@pytest.mark.parametrize("frames", [20, 80])
def test_other_lengths_vary_and_move_alike(prior, frames):
    movies = {length: np.stack([drawn(prior, length, seed) for seed in range(30)]) for length in (40, frames)}
    deviations = {length: movie.std() for length, movie in movies.items()}
    changes = {length: np.diff(movie, axis=1).std() for length, movie in movies.items()}
    assert deviations[frames] == pytest.approx(deviations[40], rel=0.1)
    assert changes[frames] == pytest.approx(changes[40], rel=0.1)


def test_movies_of_several_lengths_may_be_mixed():
    mixed = fit_prior([trial_of(smooth_movie(frames, SIZE, frames)) for frames in (30, 40, 50)])
    assert mixed.power.shape == (50, *SIZE)


def test_a_still_grey_movie_is_more_plausible_than_noise(prior):
    noise = torch.randn(40, *SIZE, generator=torch.Generator().manual_seed(1)) * 40
    assert prior(prior.mean.expand(40, *SIZE)) < prior(prior.mean + noise)


def test_it_survives_being_laid_out(prior):
    again = GaussianPrior.from_arrays(prior.to_arrays())
    torch.testing.assert_close(again.power, prior.power)
    with pytest.raises(ReverieError, match="incomplete"):
        GaussianPrior.from_arrays({"mean": np.zeros(SIZE)})


@pytest.mark.parametrize(
    ("trials", "sentence"),
    [
        ([trial_of(smooth_movie(9, SIZE))], "at least 2 training movies"),
        ([trial_of(smooth_movie(9, SIZE)), trial_of(smooth_movie(9, (8, 8)))], "different sizes"),
    ],
)
def test_too_few_or_unlike_movies_are_refused(trials, sentence):
    with pytest.raises(ReverieError, match=sentence):
        fit_prior(trials)
