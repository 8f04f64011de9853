"""Comparing conditions over animals, as the paper does: repeated measures, with Bonferroni's correction."""

from typing import Final

import numpy as np
import pandas as pd
from scipy import stats

LEAST_ANIMALS: Final = 3
"""Fewer animals than this are not tested: a paired test over one or two says nothing."""


def compare_over_animals(scores: pd.DataFrame, score: str, reference: str) -> pd.DataFrame:
    """Compare every condition with a reference by a paired t-test over the animals' means, one row per condition.

    scores: one row per animal, clip and condition. Columns of the result: condition, difference (from the reference,
    mean over animals), percent (of the reference), animals, p (multiplied by the number of comparisons, at most 1; NaN
    with fewer than three animals).
    Source: Bauer et al. 2026, Methods (repeated-measures comparisons over five animals, Bonferroni).

    >>> rows = [(animal, name, animal + (name == "b")) for animal in range(3) for name in "ab"]
    >>> table = pd.DataFrame(rows, columns=["animal", "condition", "r"])
    >>> compare_over_animals(table.astype({"animal": str}), "r", "a")["difference"].tolist()
    [1.0]
    """
    means = scores.groupby(["animal", "condition"], sort=False)[score].mean().unstack("condition")
    others = [name for name in means.columns if name != reference]
    rows = []
    for name in others:
        pairs = means[[reference, name]].dropna().to_numpy(np.float64)
        differences = pairs[:, 1] - pairs[:, 0]
        mean = float(differences.mean()) if len(differences) else float("nan")
        percent = 100 * mean / float(pairs[:, 0].mean()) if len(pairs) else float("nan")
        rows.append(
            (name, mean, percent, len(differences), float(np.minimum(1.0, _paired_p(differences) * len(others))))
        )
    return pd.DataFrame(rows, columns=["condition", "difference", "percent", "animals", "p"])


def _paired_p(differences: np.ndarray) -> float:
    if len(differences) < LEAST_ANIMALS or not np.ptp(differences):
        return float("nan")
    return float(stats.ttest_1samp(differences, 0.0).pvalue)
