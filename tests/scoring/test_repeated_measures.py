import numpy as np
import pandas as pd
import pytest
from scipy import stats

from reverie.scoring.repeated_measures import compare_over_animals


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
