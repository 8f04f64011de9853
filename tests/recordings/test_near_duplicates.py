import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from reverie.recordings.near_duplicates import (
    Pair,
    best_correlations,
    near_duplicate_groups,
    near_duplicate_pairs,
    pairs_across_folds,
    signature,
)
from reverie.recordings.tiers import FOLDS, perceptual_hash

FRAMES = 120

PLANTED = {
    "noise": lambda movie: movie + np.random.default_rng(5).normal(size=movie.shape).astype(np.float32) * 40,
    "brightness and contrast": lambda movie: 60 + 0.5 * movie,
    "gamma": lambda movie: 255 * (movie / 255) ** 1.6,
    "blur": lambda movie: gaussian_filter(movie, (0, 1, 1)),
    "coarse grey levels": lambda movie: np.round(movie / 32) * 32,
    "a pixel across": lambda movie: np.roll(movie, 1, axis=2),
    "two pixels across and down": lambda movie: np.roll(movie, (2, 2), axis=(1, 2)),
    "three frames later": lambda movie: movie[3:],
    "a second earlier": lambda movie: np.concatenate([movie[:30][::-1], movie[:-30]]),
    "its second half": lambda movie: movie[FRAMES // 2 :],
    "a part of it, longer": lambda movie: np.concatenate([movie[20:100], 255 - movie[:40]]),
}


@pytest.fixture(scope="module")
def movies(natural):
    return [natural(seed, FRAMES) for seed in range(40)]


@pytest.mark.parametrize("kind", PLANTED)
def test_a_planted_near_duplicate_is_found(movies, kind):
    planted = PLANTED[kind](movies[3]).astype(np.float32)
    pairs = near_duplicate_pairs([*map(signature, movies), signature(planted)])
    assert [(pair.first, pair.second) for pair in pairs] == [(3, 40)]
    assert pairs[0].correlation <= 1.0001


def test_unrelated_movies_are_no_near_duplicates(movies):
    assert near_duplicate_pairs([signature(movie) for movie in movies]) == []


def test_noise_seen_twice_is_found_and_other_noise_is_not():
    rng = np.random.default_rng(0)
    noise = rng.uniform(0, 255, (6, 60, 36, 64)).astype(np.float32)
    again = 0.7 * noise[2] + 0.3 * rng.uniform(0, 255, noise[2].shape).astype(np.float32)
    pairs = near_duplicate_pairs([*map(signature, noise), signature(again)])
    assert [(pair.first, pair.second) for pair in pairs] == [(2, 6)]


def test_correlations_are_symmetric_and_one_with_itself(movies):
    best = best_correlations([signature(movie) for movie in movies[:5]])
    np.testing.assert_array_equal(best, best.T)
    np.testing.assert_allclose(np.diag(best), 1, atol=1e-5)


def test_blank_screens_resemble_one_another_only(movies):
    grey, black = np.full((50, 36, 64), 127.5, np.float32), np.zeros((60, 36, 64), np.float32)
    pairs = near_duplicate_pairs([signature(movie) for movie in (grey, movies[0], black)])
    assert pairs == [Pair(0, 2, 1.0)]


@pytest.mark.parametrize("shape", [(1, 36, 64), (4, 36, 64), (7, 5, 3), (300, 2, 2), (12, 72, 128)])
def test_movies_of_any_shape_have_a_signature(shape):
    movie = np.random.default_rng(0).uniform(0, 255, shape).astype(np.float32)
    found = signature(movie)
    assert len(found) == max(shape[0] // 5, 1)
    assert [(pair.first, pair.second) for pair in near_duplicate_pairs([found, signature(movie + 9)])] == [(0, 1)]


def test_nothing_and_one_movie_make_no_pairs(movies):
    assert near_duplicate_pairs([]) == []
    assert near_duplicate_pairs([signature(movies[0])]) == []


def test_groups_hang_together_through_pairs():
    pairs = [Pair(1, 4, 0.9), Pair(4, 6, 0.9), Pair(2, 3, 0.9)]
    assert near_duplicate_groups(pairs, 7) == [(0,), (1, 4, 6), (2, 3), (5,)]


def test_leaks_are_pairs_the_hash_alone_lets_through(movies):
    """Noise flips bits of the hash, so near copies of movies scatter over the folds."""
    rng = np.random.default_rng(1)
    noisy = [(movie + rng.normal(size=movie.shape) * 8).astype(np.float32) for movie in movies[:12]]
    everything = [*movies[:12], *noisy]
    folds = [perceptual_hash(movie) % FOLDS for movie in everything]
    pairs = near_duplicate_pairs([signature(movie) for movie in everything])
    assert len(pairs) == 12
    scattered = [number for number in range(12) if folds[number] != folds[12 + number]]
    assert scattered
    assert [(pair.first, pair.second) for pair in pairs_across_folds(pairs, folds)] == [(n, 12 + n) for n in scattered]
