import numpy as np
import pytest

from reverie.studies.error_maps import make_error_map, mean_profiles


@pytest.fixture
def planted():
    generator = np.random.default_rng(0)
    predicted = np.full((30, 20, 24), 127.5, dtype=np.float32)
    draw = lambda: predicted + generator.standard_normal(predicted.shape).astype(np.float32)  # noqa: E731
    recorded, nulls = draw(), [draw() for _ in range(19)]
    recorded[10:20, 5:11, 5:11] += 2
    mask = np.zeros((20, 24), np.float32)
    mask[2:-2, 2:-2] = 1.5
    truth = generator.uniform(0, 255, predicted.shape).astype(np.float32)
    return make_error_map("one", truth, recorded, predicted, nulls, mask, level=0.05)


def test_the_first_frames_and_what_the_mask_hides_do_not_count(planted):
    assert planted.error.shape == (24, 20, 24)
    assert planted.region.sum() == 16 * 20
    patch = planted.test.patches[0]
    np.testing.assert_allclose([patch.row, patch.column], [7.5, 7.5], atol=1)
    assert 2 <= patch.first <= 6


def test_numbers_tell_the_map_and_its_null_trials_apart(planted):
    row = planted.numbers()
    assert row["p_largest"] == row["p_overall"] == pytest.approx(0.05)
    assert row["mean_absolute"] > 1.05 * row["null_mean_absolute"]
    assert row["length_frames"] > row["null_length_frames"]
    assert 0 < row["share_significant"] < 0.2


def test_profiles_are_means_over_clips(planted):
    curves = mean_profiles([planted, planted])
    assert set(curves["kind"]) == {"error maps", "null trials"}
    assert set(curves["along"]) == {"lag (frames)", "lag (pixels)", "eccentricity (°)"}
    assert len(curves) == len(curves.drop_duplicates(["kind", "along", "place"]))
    at_zero = curves[(curves["place"] == 0) & curves["along"].str.startswith("lag")]
    np.testing.assert_allclose(at_zero["value"], 1.0)
