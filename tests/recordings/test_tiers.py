import numpy as np
import pytest

from reverie.recordings.tiers import FOLDS, perceptual_hash, tiers_and_notes


def test_hashes_equal_the_published_ones(golden):
    video = golden.arrays["video"]
    variants = [np.roll(video[..., : 60 + 5 * k], 3 * k, axis=1) for k in range(4)]
    movies = [np.ascontiguousarray(np.moveaxis(variant, -1, 0)) for variant in variants]
    assert [perceptual_hash(movie) for movie in movies] == [int(value) for value in golden.values["phash"]]
    assert [perceptual_hash(movie) % FOLDS for movie in movies] == golden.values["phash_fold_of_7"]


def test_only_the_middles_of_five_stretches_count(golden):
    """With 64 frames the stretches last 12 frames, so frames 6, 18, 30, 42 and 54 are hashed."""
    movie = golden.movie[:64].copy()
    before = perceptual_hash(movie)
    others = np.setdiff1d(np.arange(64), [6, 18, 30, 42, 54])
    movie[others] = 255 - movie[others]
    assert perceptual_hash(movie) == before
    movie[30] = np.flip(movie[30])
    assert perceptual_hash(movie) != before


def test_grey_levels_are_cut_not_rounded_and_kept_in_range(golden):
    movie = np.floor(golden.movie)
    assert perceptual_hash(movie + np.float32(0.9)) == perceptual_hash(movie)
    beyond = np.where(movie > movie.mean(), 300, -50).astype(np.float32)
    assert perceptual_hash(beyond) == perceptual_hash(np.clip(beyond, 0, 255))


@pytest.mark.parametrize("frames", [1, 3, 5, 7])
def test_short_movies_have_a_hash(golden, frames):
    assert 0 <= perceptual_hash(golden.movie[:frames]) < 2**64


def test_a_trial_without_a_tier_is_said_where_others_have_one():
    words = {"0": "train", "2": "test"}
    tiers, notes = tiers_and_notes("mouse", words, ["0", "1", "2"], {"0", "1", "2"}, {})
    assert tiers == {"0": "train", "1": "none", "2": "test"}
    assert notes == ("mouse: trials without a tier, which others have, are not used (1).",)
