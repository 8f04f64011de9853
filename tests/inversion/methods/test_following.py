"""The most probable movie where a camera moves: followed for the better, and not where that makes no sense."""

import numpy as np
import pytest
from tests.inversion.toys import SpotEncoder, observe, panned, shown, wandering

from reverie.inversion.methods import combined
from reverie.inversion.methods.combined import Combined, following, search_in_turns
from reverie.inversion.priors.gaussian import fit_prior, with_scenes
from reverie.inversion.problem import Problem
from reverie.inversion.solve import solve
from reverie.scoring.correlation import video_correlation

WIDE = (24, 32)
TRUTH = np.clip(panned(wandering(90, 40), 40, WIDE), 0, 255)


def panned_trial(seed):
    return shown(np.clip(panned(wandering(90, seed), seed, WIDE), 0, 255), str(seed))


@pytest.fixture(scope="module")
def of_pans():
    trials = [panned_trial(seed) for seed in range(12)]
    return with_scenes(fit_prior(trials), trials, lambda movie: [0])


def search(prior, times, linear=TRUTH, share=1.0):
    """What each search finds of noisy responses to the truth; with a share of 1 ridge's movie does not count."""
    asked = Problem((observe(SpotEncoder(150, history=4, size=WIDE), TRUTH, noisy=True),), prior)
    named = []

    def find(problem, method, name, start):
        assert start is (None if named else linear)  # only the first search starts from ridge's movie
        named.append((name, problem.prior))
        return solve(problem, method)

    found = search_in_turns(Combined().searches("sizes", times), asked, prior, linear, share, find)
    return found, named


def test_following_the_camera_makes_the_movie_better(of_pans):
    (still,), _ = search(of_pans, 0)
    found, named = search(of_pans, 2)
    assert video_correlation(found[-1].movie, TRUTH) > video_correlation(still.movie, TRUTH) + 0.02
    assert [name for name, _ in named] == ["map-1-of-3", "map-2-of-3", "map-3-of-3"]
    places, path = named[-1][1].camera.places.numpy(), wandering(90, 40)
    # The camera goes where the picture does not.
    assert np.corrcoef((places - places.mean(0)).ravel(), (path.mean(0) - path).ravel())[0, 1] > 0.9


def test_the_camera_is_measured_in_the_weighed_movie(of_pans):
    """Ridge's movie tells of it where that counts for all."""
    _, named = search(of_pans, 1, share=0.0)
    expected = following(of_pans, TRUTH, cuts=True, again=False).camera.places
    np.testing.assert_array_equal(named[-1][1].camera.places, expected)


def test_a_camera_that_would_need_a_vast_scene_is_not_followed(of_pans, monkeypatch):
    far = np.outer(np.arange(90), [1.0, 2.0]).astype(np.float32)
    monkeypatch.setattr(combined, "path_in", lambda *_, again: far)
    assert following(of_pans, TRUTH, cuts=True, again=False).camera is None


def test_without_scenes_the_prior_is_told_the_cuts_alone(of_pans):
    plain = fit_prior([panned_trial(seed) for seed in range(4)])
    movie = np.concatenate([TRUTH, 255 - TRUTH])
    told = following(plain, movie, cuts=True, again=False)
    assert told.camera is None
    first, cut = told.starts
    assert first == 0
    assert abs(cut - 90) <= 2
    assert following(plain, movie, cuts=False, again=False).starts == (0,)
