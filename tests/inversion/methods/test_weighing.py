"""Two estimates, weighed: closed forms."""

import numpy as np
import pytest

from reverie.foundation.errors import ReverieError
from reverie.foundation.files import read_npz, write_npz
from reverie.inversion.methods.bands import BANDS, BandWeights
from reverie.inversion.methods.weighing import SHRINKAGE_CLIPS, Moments, Weights, choose_weights

GENERATOR = np.random.default_rng(0)
TRUTH = GENERATOR.normal(120, 30, (200, 50)).astype(np.float32)


def noisy(level, seed):
    return (TRUTH + np.random.default_rng(seed).normal(0, level, TRUTH.shape)).astype(np.float32)


def test_with_independent_errors_each_counts_as_the_other_s_variance():
    clips = [Moments.of(noisy(10, 1), noisy(20, 2), TRUTH)] * 10_000
    assert choose_weights({"sizes": clips}).share == pytest.approx(400 / 500, abs=0.01)


def test_few_clips_draw_the_share_towards_a_half():
    clip = Moments.of(noisy(10, 1), noisy(1000, 2), TRUTH)
    shares = [choose_weights({"sizes": [clip] * count}).share for count in (1, 3, 1000)]
    exact = clip.between / clip.apart
    for count, share in zip((1, 3, 1000), shares, strict=True):
        assert share == pytest.approx((count * exact + SHRINKAGE_CLIPS * 0.5) / (count + SHRINKAGE_CLIPS))
    assert shares[0] < shares[1] < shares[2]


def test_the_share_is_never_below_0_or_above_1():
    truth_beyond = Moments.of(TRUTH, TRUTH + 10, TRUTH - 100)
    assert choose_weights({"sizes": [truth_beyond] * 1000}).share == 1.0
    truth_behind = Moments.of(TRUTH, TRUTH + 10, TRUTH + 100)
    assert choose_weights({"sizes": [truth_behind] * 1000}).share == 0.0


def test_the_likelihood_whose_combined_movie_is_nearest_is_taken():
    linear = noisy(20, 2)
    near, far = ([Moments.of(noisy(level, 1), linear, TRUTH)] * 5 for level in (10, 30))
    assert choose_weights({"sizes": far, "events": near}).likelihood == "events"
    assert choose_weights({"sizes": near, "events": far}).likelihood == "sizes"


def test_both_is_taken_unless_another_is_clearly_nearer():
    linear = noisy(20, 2)
    both, little, clearly = ([Moments.of(noisy(level, 1), linear, TRUTH)] * 5 for level in (20, 19.5, 18))
    assert choose_weights({"both": both, "events": little}).likelihood == "both"
    assert choose_weights({"both": both, "events": clearly}).likelihood == "events"


def test_without_clips_and_with_equal_movies_both_count_alike():
    nothing = choose_weights({"events": [], "sizes": []})
    assert (nothing.likelihood, nothing.share) == ("events", 0.5)
    assert np.isnan(nothing.error)
    assert choose_weights({"events": [Moments.of(TRUTH, TRUTH, TRUTH)]}) == Weights("events", 0.5, 0.0)


def test_moments_are_sums_of_products_of_differences():
    probable, linear, truth = (np.array([row], np.float32) for row in ([3, 5], [1, 1], [2, 4]))
    assert Moments.of(probable, linear, truth) == Moments(14.0, 20.0, 10.0)


def test_weights_survive_the_disk(tmp_path):
    write_npz(tmp_path / "weights.npz", Weights("events", 0.125, 7.0).to_arrays())
    assert Weights.from_arrays(read_npz(tmp_path / "weights.npz")) == Weights("events", 0.125, 7.0)
    banded = Weights("both", 0.5, 1.0, BandWeights((0.5,) * BANDS, (0.25,) * BANDS), averaged_over=2)
    assert Weights.from_arrays(banded.to_arrays()) == banded
    with pytest.raises(ReverieError, match="incomplete"):
        Weights.from_arrays({"share": np.array(0.5)})


def test_the_error_is_that_of_the_weighed_movies():
    probable, linear = noisy(10, 1), noisy(20, 2)
    weights = choose_weights({"sizes": [Moments.of(probable, linear, TRUTH)] * 4})
    weighed = weights.share * probable + (1 - weights.share) * linear
    assert weights.error == pytest.approx(4 * np.square(weighed - TRUTH, dtype=np.float64).sum(), rel=1e-4)
