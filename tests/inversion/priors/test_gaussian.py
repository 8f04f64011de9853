import numpy as np
import pytest
import torch
from tests.inversion.toys import shown, smooth_movie

from reverie.foundation.errors import ReverieError
from reverie.inversion.priors.gaussian import GaussianPrior, fit_prior, with_scenes

SIZE = (12, 16)


def drawn(prior, frames, seed):
    white = torch.randn(frames, *prior.frame_size, generator=torch.Generator().manual_seed(seed))
    return (prior.mean + prior.colour(white)).numpy()


@pytest.fixture(scope="module")
def prior():
    return fit_prior([shown(smooth_movie(40, SIZE, seed)) for seed in range(12)])


@pytest.mark.parametrize("frames", [40, 64, 17])
def test_the_adjoint_is_the_adjoint_and_calling_undoes_colouring(prior, frames):
    generator = torch.Generator().manual_seed(0)
    white, movie = (torch.randn(frames, *SIZE, generator=generator) for _ in range(2))
    coloured = prior.colour(white)
    torch.testing.assert_close((coloured * movie).sum(), (white * prior.adjoint(movie)).sum(), rtol=1e-3, atol=1e-2)
    implausible = prior(prior.mean + coloured)
    torch.testing.assert_close(implausible, white.square().sum() / 2, rtol=1e-3, atol=1e-2)


def test_shots_are_movies_of_their_own(prior):
    white = torch.randn(50, *SIZE, generator=torch.Generator().manual_seed(2))
    cut = prior.cut([0, 18, 31])
    pieces = torch.cat([prior.colour(shot) for shot in white.split([18, 13, 19])])
    torch.testing.assert_close(cut.colour(white), pieces)
    torch.testing.assert_close(cut.whitened(cut.colour(white)), white, rtol=1e-3, atol=1e-3)
    other = torch.randn(50, *SIZE, generator=torch.Generator().manual_seed(3))
    torch.testing.assert_close((pieces * other).sum(), (white * cut.adjoint(other)).sum(), rtol=1e-3, atol=1e-2)
    torch.testing.assert_close(cut(prior.mean + pieces), white.square().sum() / 2, rtol=1e-3, atol=1e-2)
    assert cut(prior.mean + pieces) < prior(prior.mean + pieces)


@pytest.mark.parametrize("starts", [(), (3,), (0, 9, 9), (0, 9, 4)])
def test_shots_begin_at_the_beginning_and_one_after_the_other(prior, starts):
    with pytest.raises(ReverieError, match="begin at frame 0"):
        prior.cut(starts)
    with pytest.raises(ReverieError, match="but the clip has 40 frames"):
        prior.cut([0, 40]).amplitude(40)


@pytest.fixture(scope="module")
def of_scenes():
    trials = [shown(smooth_movie(60, (20, 24), seed, 6.0)) for seed in range(6)]
    return with_scenes(fit_prior(trials), trials, lambda movie: [0, 25])


def test_a_moving_camera_s_prior_is_of_scenes(of_scenes):
    path = np.cumsum(np.random.default_rng(0).normal(0, 0.6, (50, 2)), axis=0).astype(np.float32)
    moving = of_scenes.following([0, 21], path)
    white = torch.randn(50, *moving.scene_size, generator=torch.Generator().manual_seed(4))
    picture = torch.randn(50, 20, 24, generator=torch.Generator().manual_seed(5))
    assert moving.scene_size > (20, 24)
    departure = moving.colour(white)
    assert departure.shape == picture.shape
    assert departure.std() == pytest.approx(float(of_scenes.deviation.mean()), rel=0.3)
    torch.testing.assert_close(
        (departure * picture).sum(), (white * moving.adjoint(picture)).sum(), rtol=1e-3, atol=0.1
    )
    with pytest.raises(ReverieError, match="moving camera"):
        moving.whitened(departure)


def test_scenes_survive_being_laid_out(of_scenes):
    again = GaussianPrior.from_arrays(of_scenes.to_arrays())
    np.testing.assert_array_equal(again.scenes.power, of_scenes.scenes.power)
    np.testing.assert_array_equal(again.scenes.path_power, of_scenes.scenes.path_power)


def test_prior_is_recovered_from_its_draws(prior):
    again = fit_prior([shown(drawn(prior, 40, seed)) for seed in range(40)])
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
    mixed = fit_prior([shown(smooth_movie(frames, SIZE, frames)) for frames in (30, 40, 50)])
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
        ([shown(smooth_movie(9, SIZE))], "at least 2 training movies"),
        ([shown(smooth_movie(9, SIZE)), shown(smooth_movie(9, (8, 8)))], "different sizes"),
    ],
)
def test_too_few_or_unlike_movies_are_refused(trials, sentence):
    with pytest.raises(ReverieError, match=sentence):
        fit_prior(trials)
