"""The most probable movie where a camera moves: followed, resumed, and not believed when it goes the wrong way."""

import numpy as np
import pytest
from tests.inversion.toys import SpotEncoder, observe, panned, wandering

from reverie.foundation.files import read_npz, write_npz
from reverie.inversion.methods import map as map_solver
from reverie.inversion.methods.map import Map
from reverie.inversion.priors.gaussian import fit_prior
from reverie.inversion.problem import Problem
from reverie.inversion.solve import Snapshot, solve
from reverie.recordings.trial import Trial
from reverie.scoring.correlation import video_correlation

WIDE = (24, 32)


def panned_trial(seed):
    movie = np.clip(panned(wandering(90, seed), seed, WIDE), 0, 255)
    return Trial(str(seed), "train", movie, np.zeros((4, 90), np.float32), None)


@pytest.fixture(scope="module")
def of_pans():
    return fit_prior([panned_trial(seed) for seed in range(12)], lambda movie: [0])


def test_following_the_camera_makes_the_movie_better(of_pans):
    truth = panned_trial(40).movie
    encoder = SpotEncoder(150, history=4, size=WIDE)
    asked = Problem((observe(encoder, truth, noisy=True),), of_pans)
    kept = []
    still, once, twice = (solve(asked, Map(follow=times, draws=1), keep=kept.append) for times in (0, 1, 2))
    scores = [video_correlation(found.movie, truth) for found in (still, once, twice)]
    assert scores[1] > scores[0] + 0.02
    assert scores[2] > scores[0] + 0.02
    assert kept[-1].state.followed == 2
    found = kept[-1].state.path
    assert np.corrcoef(found.ravel(), (path := wandering(90, 40) - wandering(90, 40).mean(0)).ravel())[0, 1] > 0.9
    assert path.shape == found.shape
    assert np.isfinite(twice.std).all()


def test_a_search_resumed_while_it_follows_is_the_same_to_the_bit(of_pans, tmp_path):
    encoder = SpotEncoder(60, history=4, size=WIDE)
    observation = observe(encoder, panned_trial(41).movie, noisy=True)
    asked = Problem((observation,), of_pans)
    solver, kept = Map(follow=1, draws=0), []
    whole = solve(asked, solver, keep=kept.append)
    write_npz(tmp_path / "kept.npz", kept[-2].to_arrays())
    snapshot = Snapshot.from_arrays(read_npz(tmp_path / "kept.npz"), solver.restore)
    assert snapshot.state.followed == 1
    assert snapshot.state.before.followed == 0
    assert len(snapshot.state.before.curvature.steps) == 0
    np.testing.assert_array_equal(solve(asked, solver, resume=snapshot).movie, whole.movie)


def test_a_camera_that_would_need_a_vast_scene_is_not_followed(of_pans, monkeypatch):
    encoder = SpotEncoder(60, history=4, size=WIDE)
    observation = observe(encoder, panned_trial(41).movie, noisy=True)
    asked = Problem((observation,), of_pans)
    far = np.outer(np.arange(90), [1.0, 2.0]).astype(np.float32)
    monkeypatch.setattr(map_solver, "path_in", lambda *_, again: far)
    followed, still = (solve(asked, Map(follow=times, draws=0)).movie for times in (2, 0))
    np.testing.assert_array_equal(followed, still)


def test_a_camera_that_was_followed_the_wrong_way_is_forgotten(of_pans, monkeypatch):
    encoder = SpotEncoder(60, history=4, size=WIDE)
    observation = observe(encoder, panned_trial(41).movie, noisy=True)
    asked = Problem((observation,), of_pans)
    wrong = np.outer(np.linspace(-8, 8, 90), [-1.0, 1.0]).astype(np.float32)
    monkeypatch.setattr(map_solver, "path_in", lambda *_, again: wrong)
    followed, still = (solve(asked, Map(follow=times, draws=1)) for times in (2, 0))
    np.testing.assert_array_equal(followed.movie, still.movie)
    np.testing.assert_array_equal(followed.std, still.std)
    assert followed.passes > still.passes
