"""Components of pictures: orthonormal, and as good as they are many."""

import numpy as np
from tests.training.toys import smooth_noise

from reverie.inversion.linear.components import PictureComponents


def test_all_components_give_the_movie_back():
    movies = [smooth_noise(150, np.random.default_rng(seed)) for seed in (0, 1)]
    pictures = PictureComponents.of(movies, 1000)
    assert pictures.basis.shape == (192, 192)
    assert np.abs(pictures.decode(pictures.encode(movies[0])) - movies[0]).max() < 0.05


def test_components_are_orthonormal_and_come_by_variance():
    movies = [smooth_noise(200, np.random.default_rng(seed)) for seed in (0, 1)]
    pictures = PictureComponents.of(movies, 10)
    assert np.abs(pictures.basis @ pictures.basis.T - np.eye(10)).max() < 1e-5
    scores = np.concatenate([pictures.encode(movie) for movie in movies])
    assert np.abs(scores.mean(axis=0)).max() < 0.05
    assert (np.diff(scores.var(axis=0)) < 0).all()
