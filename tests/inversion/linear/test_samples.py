"""Components of pictures: orthonormal, and as good as they are many."""

import numpy as np
import pytest
from tests.training.toys import smooth_noise

from reverie.inversion.linear.samples import PictureMoments


def test_all_components_give_the_movie_back():
    movies = [smooth_noise(150, np.random.default_rng(seed)) for seed in (0, 1)]
    pictures, held = PictureMoments.of(movies).components(1000)
    assert pictures.basis.shape == (192, 192)
    assert held == pytest.approx(1)
    assert np.abs(pictures.decode(pictures.encode(movies[0])) - movies[0]).max() < 0.05


def test_components_are_orthonormal_and_come_by_variance():
    movies = [smooth_noise(200, np.random.default_rng(seed)) for seed in (0, 1)]
    pictures, held = PictureMoments.of(movies).components(10)
    assert np.abs(pictures.basis @ pictures.basis.T - np.eye(10)).max() < 1e-5
    scores = np.concatenate([pictures.encode(movie) for movie in movies])
    assert np.abs(scores.mean(axis=0)).max() < 0.05
    assert (np.diff(scores.var(axis=0)) < 0).all()
    frames = np.concatenate(movies).reshape(400, -1)
    assert held == pytest.approx(scores.var(axis=0).sum() / frames.var(axis=0).sum(), rel=1e-3)


def test_coarse_components_of_white_noise_come_first():
    noise = 255 * np.random.default_rng(5).integers(0, 2, (4000, 12, 16)).astype(np.float32)
    pictures = PictureMoments.of([noise]).coarse_components(192)
    assert np.abs(pictures.basis @ pictures.basis.T - np.eye(192)).max() < 1e-5
    change = np.square(np.diff(pictures.basis.reshape(-1, 12, 16), axis=2)).sum(axis=(1, 2))
    assert change[:10].mean() < 0.2 * change.mean()
    assert change[:50].mean() < change[50:100].mean() < change[100:].mean()
