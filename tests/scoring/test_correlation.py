import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from reverie.scoring.correlation import (
    frame_correlation,
    frame_correlations,
    pearson,
    pixel_correlation,
    pixel_correlation_map,
    response_consistency,
    response_correlation,
    response_correlations,
    video_correlation,
)


def random_movie(seed: int, frames: int = 12) -> np.ndarray:
    return np.random.default_rng(seed).uniform(0, 255, (frames, 5, 7)).astype(np.float32)


def some_region() -> np.ndarray:
    region = np.zeros((5, 7), dtype=bool)
    region[1:4, 2:6] = True
    return region


def test_golden_video_and_frame_correlation(golden):
    region = golden.arrays["mask"][14:50] >= 1
    found = golden.arrays["metric_reconstruction"]
    expected = golden.values["metrics"]
    assert video_correlation(found, golden.movie, region) == pytest.approx(expected["video_corr"], abs=1e-6)
    assert frame_correlation(found, golden.movie, region) == pytest.approx(expected["mean_frame_corr"], abs=1e-6)


def test_correlations_agree_with_scipy():
    found, truth, region = random_movie(0), random_movie(1), some_region()
    oracle = stats.pearsonr(found[:, region].ravel(), truth[:, region].ravel()).statistic
    assert video_correlation(found, truth, region) == pytest.approx(oracle, abs=1e-6)
    frames = [stats.pearsonr(a[region], b[region]).statistic for a, b in zip(found, truth, strict=True)]
    np.testing.assert_allclose(frame_correlations(found, truth, region), frames, atol=1e-6)
    over_time = pixel_correlation_map(found, truth)
    assert over_time[2, 3] == pytest.approx(stats.pearsonr(found[:, 2, 3], truth[:, 2, 3]).statistic, abs=1e-6)
    assert pixel_correlation(found, truth, region) == pytest.approx(over_time[region].mean())


@given(st.floats(0.05, 20), st.floats(-300, 300), st.integers(0, 1000))
def test_gain_and_offset_of_the_luminance_change_no_correlation(gain, offset, seed):
    found, truth = random_movie(seed), random_movie(seed + 1)
    changed = (found * gain + offset).astype(np.float32)
    for measure in (video_correlation, frame_correlation, pixel_correlation):
        assert measure(changed, truth) == pytest.approx(measure(found, truth), abs=2e-4)
        assert measure(255 - found, truth) == pytest.approx(-measure(found, truth), abs=2e-4)


def test_a_frame_wise_offset_changes_the_video_but_not_the_frame_correlation():
    truth = random_movie(3)
    flicker = truth + 100 * np.arange(len(truth), dtype=np.float32)[:, None, None]
    assert frame_correlation(flicker, truth) == pytest.approx(1, abs=1e-6)
    assert video_correlation(flicker, truth) < 0.5


def test_only_the_region_counts():
    truth, region = random_movie(4), some_region()
    found = np.where(region, truth, 255 - truth)
    assert video_correlation(found, truth, region) == pytest.approx(1)
    assert video_correlation(found, truth) < 0.5


@pytest.mark.parametrize("level", [0.0, 0.1, 127.5, 255.0])
def test_a_blank_reconstruction_scores_zero_and_a_blank_truth_is_undefined(level):
    truth = random_movie(5)
    blank = np.full_like(truth, level)
    for measure in (video_correlation, frame_correlation, pixel_correlation):
        assert measure(blank, truth) == 0
        assert np.isnan(measure(truth, blank))


def test_blank_frames_count_zero_in_the_reconstruction_and_not_at_all_in_the_truth():
    truth = random_movie(6)
    found = truth.copy()
    found[:3] = 7.7
    assert frame_correlation(found, truth) == pytest.approx(9 / 12)
    still = truth.copy()
    still[:3] = 7.7
    assert frame_correlation(truth, still) == pytest.approx(1)


def test_a_still_pixel_of_the_truth_is_nan_in_the_map_and_left_out_of_its_mean():
    truth = random_movie(7)
    truth[:, 0, 0] = 31.3
    assert np.isnan(pixel_correlation_map(random_movie(8), truth)[0, 0])
    assert pixel_correlation(truth, truth) == pytest.approx(1)


def test_perfect_correlation_never_passes_one():
    values = np.random.default_rng(9).normal(size=(200, 50)) * 1e-3
    assert pearson(values, values * 3).max() <= 1


def test_response_correlations():
    generator = np.random.default_rng(10)
    responses = generator.gamma(1, 2, (4, 50)).astype(np.float32)
    rates = responses * np.array([[1], [2], [3], [4]], dtype=np.float32)
    responses[3] = 0
    np.testing.assert_allclose(response_correlations(rates, responses), [1, 1, 1, np.nan], atol=1e-6)
    assert response_correlation(rates, responses) == pytest.approx(1)
    oracle = stats.pearsonr(rates.ravel(), responses.ravel()).statistic
    assert response_consistency(rates, responses) == pytest.approx(oracle, abs=1e-6)


def test_response_consistency_rewards_knowing_who_is_active():
    generator = np.random.default_rng(11)
    level = generator.lognormal(0, 1, (300, 1))
    rates, responses = level * generator.gamma(2, 1, (2, 300, 100))
    assert abs(response_correlation(rates, responses)) < 0.05
    assert response_consistency(rates, responses) > 0.4
