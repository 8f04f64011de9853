import numpy as np
import pandas as pd
import pytest
from scipy import stats

from reverie.foundation.errors import ReverieError
from reverie.scoring.statistics import (
    bootstrap_ends,
    bootstrap_interval,
    compare_over_animals,
    resample_animals,
    resample_clips,
    t_interval,
)


def test_the_t_interval_agrees_with_scipy():
    values = np.random.default_rng(0).normal(0.5, 0.1, 50)
    interval = t_interval(values)
    oracle = stats.t.interval(0.95, 49, loc=values.mean(), scale=stats.sem(values))
    assert (interval.low, interval.high) == pytest.approx(oracle)
    assert (interval.mean, interval.clips) == (pytest.approx(values.mean()), 50)


def test_the_bootstrap_agrees_with_scipy_and_follows_the_seed():
    values = np.random.default_rng(1).gamma(2, 1, 40)
    interval = bootstrap_interval(values, seed=0, draws=20000)
    oracle = stats.bootstrap(
        (values,), np.mean, method="percentile", n_resamples=20000, rng=np.random.default_rng(5)
    ).confidence_interval
    assert (interval.low, interval.high) == pytest.approx((oracle.low, oracle.high), abs=0.02)
    assert interval == bootstrap_interval(values, seed=0, draws=20000)
    assert interval != bootstrap_interval(values, seed=1, draws=20000)


def test_the_intervals_of_fifty_clips_hold_the_truth_about_95_percent_of_the_time():
    generator = np.random.default_rng(2)
    samples = generator.gamma(4, 0.25, (400, 50))
    weights = resample_clips(50, 1000, generator)
    low, high = bootstrap_ends(samples.T, weights)
    assert 0.91 < np.mean((low <= 1) & (high >= 1)) < 0.98
    student = [t_interval(sample) for sample in samples]
    assert 0.91 < np.mean([interval.low <= 1 <= interval.high for interval in student]) < 0.98


def test_the_hierarchical_bootstrap_covers_where_animals_differ_and_the_flat_one_does_not():
    generator = np.random.default_rng(3)
    animals = np.repeat([f"animal {number}" for number in range(12)], 10).tolist()
    samples = np.repeat(generator.normal(0, 1, (300, 12)), 10, axis=1) + generator.normal(0, 1, (300, 120))
    ends = {
        "hierarchical": bootstrap_ends(samples.T, resample_animals(animals, 800, generator)),
        "flat": bootstrap_ends(samples.T, resample_clips(120, 800, generator)),
    }
    coverage = {name: np.mean((low <= 0) & (high >= 0)) for name, (low, high) in ends.items()}
    assert 0.86 < coverage["hierarchical"] < 0.99
    assert coverage["flat"] < 0.75


def test_resampling_keeps_the_number_of_clips_and_animals():
    generator = np.random.default_rng(4)
    flat = resample_clips(7, 500, generator)
    assert (flat.sum(axis=1) == 7).all()
    assert flat.mean(axis=0) == pytest.approx(np.ones(7), abs=0.2)
    animals = ["b", "a", "b", "a", "b"]
    nested = resample_animals(animals, 2000, generator)
    times = nested[:, [1, 3]].sum(axis=1) / 2 + nested[:, [0, 2, 4]].sum(axis=1) / 3
    assert times == pytest.approx(np.full(2000, 2.0))
    assert nested.mean(axis=0) == pytest.approx(np.ones(5), abs=0.1)


def test_one_animal_leaves_the_bootstrap_over_clips():
    values = np.random.default_rng(5).normal(size=30)
    nested = bootstrap_interval(values, animals=["a"] * 30, seed=0, draws=20000)
    flat = bootstrap_interval(values, seed=0, draws=20000)
    assert (nested.low, nested.high) == pytest.approx((flat.low, flat.high), abs=0.02)


def test_pairing_takes_the_difficulty_of_clips_out():
    generator = np.random.default_rng(6)
    difficulty = generator.normal(0, 1, 40)
    first, second = difficulty + 0.1 + generator.normal(0, 0.05, (2, 40)) * [[1], [1]] - [[0], [0.1]]
    paired = bootstrap_interval(first - second, seed=0)
    assert 0 < paired.low < 0.1 < paired.high
    assert paired.high - paired.low < 0.1 * (t_interval(first).high - t_interval(first).low)


@pytest.mark.parametrize("broken", [np.nan, np.inf, -np.inf])
def test_undefined_values_do_not_count(broken):
    values = np.array([1.0, 2.0, 3.0, 4.0, 5.0, broken])
    assert t_interval(values) == t_interval(values[:5])
    interval = bootstrap_interval(values, seed=0)
    assert (interval.mean, interval.clips) == (3, 5)
    assert 1 <= interval.low < interval.high <= 5


@pytest.mark.parametrize("values", [[], [0.5], [0.5, 0.7], [0.5, np.nan, 0.7], [np.nan, np.nan]])
def test_too_few_clips_have_no_interval(values):
    for interval in (t_interval(np.array(values)), bootstrap_interval(np.array(values), seed=0)):
        assert np.isnan(interval.low)
        assert np.isnan(interval.high)
        assert interval.clips == np.isfinite(values).sum()
        assert np.isnan(interval.mean) == (interval.clips == 0)


def test_each_clip_needs_its_animal():
    with pytest.raises(ReverieError, match="name the animal of each clip"):
        bootstrap_interval(np.ones(3), animals=["a"], seed=0)


def table(animals, generator):
    rows = [
        (f"animal {animal}", clip, name, base + shift + generator.normal(0, 0.01))
        for animal, base in zip(range(animals), generator.uniform(0.3, 0.7, animals), strict=True)
        for clip in range(3)
        for name, shift in (("one", 0.0), ("two", 0.1), ("same", 0.0))
    ]
    return pd.DataFrame(rows, columns=["animal", "clip", "condition", "r"])


def test_each_condition_is_tested_on_the_means_of_the_animals_with_bonferroni():
    scores = table(5, np.random.default_rng(1))
    found = compare_over_animals(scores, "r", "one").set_index("condition")
    means = scores.groupby(["animal", "condition"])["r"].mean().unstack()
    for name in ("two", "same"):
        expected = stats.ttest_rel(means[name], means["one"])
        assert found["p"][name] == pytest.approx(min(1.0, 2 * expected.pvalue))
        assert found["difference"][name] == pytest.approx((means[name] - means["one"]).mean())
    assert found["p"]["two"] < 0.001 < found["p"]["same"]
    assert found["percent"]["two"] == pytest.approx(100 * found["difference"]["two"] / means["one"].mean())


def test_two_animals_are_not_tested():
    found = compare_over_animals(table(2, np.random.default_rng(1)), "r", "one")
    assert found["p"].isna().all()
    assert (found["animals"] == 2).all()
