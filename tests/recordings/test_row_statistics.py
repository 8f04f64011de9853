import numpy as np
import pytest

from reverie.recordings import row_statistics
from reverie.recordings.row_statistics import RowStatistics


@pytest.mark.parametrize("offset", [0.0, 1e4])
def test_pieces_give_the_statistics_of_the_whole(offset):
    rng = np.random.default_rng(0)
    whole = (rng.gamma(0.5, 3, (5, 700)) + offset).astype(np.float32)
    found = RowStatistics(5)
    for piece in np.split(whole, [1, 10, 300, 300], axis=1):
        found.add(piece)
    exact = whole.astype(np.float64)
    np.testing.assert_allclose(found.mean, exact.mean(axis=1), rtol=1e-9)
    np.testing.assert_allclose(found.std, exact.std(axis=1), rtol=1e-6)
    np.testing.assert_allclose(found.median, np.median(whole, axis=1), rtol=1e-6)
    np.testing.assert_array_equal(found.min, whole.min(axis=1))
    np.testing.assert_array_equal(found.max, whole.max(axis=1))


def test_median_of_many_columns_comes_from_an_even_sample(monkeypatch):
    monkeypatch.setattr(row_statistics, "SAMPLED_COLUMNS", 64)
    monkeypatch.setattr(row_statistics, "SAMPLED_VALUES", 64)
    ramp = np.arange(10_007, dtype=np.float32)[None].repeat(2, axis=0)
    found = RowStatistics(2)
    for piece in np.array_split(ramp, 33, axis=1):
        found.add(piece)
    kept = np.concatenate(found._sample, axis=1)
    assert kept.shape[1] <= 64
    np.testing.assert_array_equal(np.unique(np.diff(kept[0])), [found._stride])
    np.testing.assert_allclose(found.median, 5003, rtol=0.02)


def test_nothing_has_no_median():
    assert np.isnan(RowStatistics(3).median).all()
