import numpy as np
import pytest

from reverie.foundation.errors import ReverieError
from reverie.inversion.postprocessing import average, blur, grey_outside, match_luminance_and_contrast
from reverie.inversion.solution import Progress, Solution


def found(level: float, frames: int = 4) -> Solution:
    return Solution(np.full((frames, 3, 3), level, np.float32), (Progress(1, 2.0, 5, level),), 2.0, 5)


def test_the_mean_and_how_far_models_are_apart():
    result = average([found(10.0), found(20.0), found(30.0)])
    np.testing.assert_allclose(result.movie, 20.0)
    assert result.std is not None
    np.testing.assert_allclose(result.std, np.sqrt(200 / 3), rtol=1e-6)
    assert [line.loss for line in result.trace] == [10.0, 20.0, 30.0]
    assert (result.seconds, result.passes) == (6.0, 15)


def test_one_model_is_itself():
    assert average([found(10.0)]).std is None


@pytest.mark.parametrize("models", [[], [found(1.0), found(1.0, frames=5)]])
def test_movies_that_cannot_be_averaged_are_refused(models):
    with pytest.raises(ReverieError, match="can be averaged"):
        average(models)


def test_blur_of_a_point_is_a_sampled_gaussian_in_time_and_space():
    movie = np.zeros((9, 9, 9), np.float32)
    movie[4, 4, 4] = 100.0
    steps = np.arange(-2, 3)
    weights = np.exp(-(steps**2) / (2 * 0.5**2))
    weights /= weights.sum()
    expected = 100 * np.einsum("t,y,x->tyx", weights, weights, weights)
    np.testing.assert_allclose(blur(movie, 0.5)[2:7, 2:7, 2:7], expected, atol=1e-5)


def test_blur_by_nothing_changes_nothing():
    movie = np.random.default_rng(0).uniform(0, 255, (4, 5, 6)).astype(np.float32)
    np.testing.assert_array_equal(blur(movie, 0.0), movie)


def test_blur_keeps_the_mean_and_stays_within_the_range():
    movie = np.random.default_rng(0).uniform(0, 255, (8, 9, 10)).astype(np.float32)
    blurred = blur(movie, 1.5)
    assert blurred.dtype == np.float32
    assert blurred.mean() == pytest.approx(movie.mean(), rel=1e-5)
    assert movie.min() <= blurred.min() <= blurred.max() <= movie.max()


@pytest.mark.parametrize("sigma", [-1.0, float("nan"), 101.0])
def test_impossible_blur_is_refused(sigma):
    with pytest.raises(ReverieError, match="cannot be blurred"):
        blur(np.zeros((2, 2, 2), np.float32), sigma)


def test_matching_agrees_with_the_published_code(golden):
    region = golden.arrays["mask"][14:50] >= 1
    matched = match_luminance_and_contrast(golden.arrays["metric_reconstruction"], golden.movie, region)
    np.testing.assert_allclose(matched, golden.arrays["luminance_contrast_matched"], atol=1e-2)


def test_matching_gives_mean_and_spread_of_the_truth():
    generator = np.random.default_rng(0)
    movie, truth = (
        generator.normal(mean, spread, (20, 6, 7)).astype(np.float32) for mean, spread in ((90, 5), (120, 20))
    )
    region = np.zeros((6, 7), bool)
    region[1:5, 2:6] = True
    matched = match_luminance_and_contrast(movie, truth, region)
    assert matched[:, region].mean() == pytest.approx(truth[:, region].mean(), rel=1e-4)
    assert matched[:, region].std() == pytest.approx(truth[:, region].std(), rel=1e-3)
    assert (matched[:, ~region] == 127.5).all()


def test_a_blank_movie_takes_the_mean():
    truth = np.random.default_rng(0).uniform(0, 255, (5, 4, 4)).astype(np.float32)
    matched = match_luminance_and_contrast(np.full((5, 4, 4), 127.5, np.float32), truth, np.ones((4, 4), bool))
    np.testing.assert_allclose(matched, truth.mean(), rtol=1e-5)


def test_matching_in_no_pixel_is_refused():
    movie = np.zeros((2, 3, 3), np.float32)
    with pytest.raises(ReverieError, match="no pixel"):
        match_luminance_and_contrast(movie, movie, np.zeros((3, 3), bool))


def test_grey_outside():
    region = np.eye(3, dtype=bool)
    shown = grey_outside(np.zeros((2, 3, 3), np.float32), region)
    assert (shown[:, region] == 0).all()
    assert (shown[:, ~region] == 127.5).all()
