"""How far a mean can be trusted: confidence intervals over clips and over clips within animals, tests over animals."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Float, Int
from scipy import stats

from reverie.foundation.errors import ReverieError

DRAWS = 5000
"""Bootstrap samples; enough for two digits of a 95 % interval."""

LEVEL = 0.95
"""Confidence level of the intervals."""

Values = Float[np.ndarray, " clip"]
"""One score of every clip; values that are not finite are undefined and do not count."""

Weights = Int[np.ndarray, "draw clip"]
"""How often each clip was drawn in each bootstrap sample."""

FEWEST_CLIPS = 5
"""Fewest clips of a bootstrap interval: that of three is no more than their range, which holds the mean too seldom."""

FEWEST_FOR_T = 3
"""Fewest clips of a t interval: that of two is twelve standard errors wide to either side, and passes all bounds."""

LEAST_ANIMALS = 3
"""Fewest animals that are tested: a paired test over one or two says nothing."""


@dataclass(frozen=True)
class Interval:
    """A mean with its confidence interval, and how many clips it rests on."""

    mean: float
    low: float
    high: float
    clips: int


def t_interval(values: Values) -> Interval:
    """Return the mean and its Student t interval, clips taken as independent (as in Bauer et al. 2026).

    The ends are NaN for fewer than three clips; for none, the mean is NaN too.

    >>> t_interval(np.array([1.0, 2.0, 3.0])).mean
    2.0
    """
    defined = values[np.isfinite(values)]
    mean = float(defined.mean()) if defined.size else float("nan")
    if defined.size < FEWEST_FOR_T:
        return Interval(mean, float("nan"), float("nan"), defined.size)
    reach = float(stats.t.ppf((1 + LEVEL) / 2, defined.size - 1) * stats.sem(defined))
    return Interval(mean, mean - reach, mean + reach, defined.size)


def bootstrap_interval(
    values: Values, *, seed: int, animals: Sequence[str] | None = None, draws: int = DRAWS
) -> Interval:
    """Return the mean and its percentile bootstrap interval.

    With few clips the interval is narrower than it should be (about 90 % for ten). The ends are NaN for fewer than five
    clips.

    Parameters
    ----------
    animals
        The animal of each clip, for the hierarchical bootstrap (animals are drawn, then clips within each); without it
        the clips are drawn.

    Raises
    ------
    ReverieError
        When there are not as many values as animals.
    """
    generator = np.random.default_rng(seed)
    weights = _resample(values.size, animals, draws, generator)
    low, high = bootstrap_ends(values[:, None], weights)
    defined = values[np.isfinite(values)]
    mean = float(defined.mean()) if defined.size else float("nan")
    return Interval(mean, float(low[0]), float(high[0]), defined.size)


def resample_clips(clips: int, draws: int, generator: np.random.Generator) -> Weights:
    """Return how often each clip is drawn when as many clips as there are are drawn with replacement."""
    return generator.multinomial(clips, np.full(clips, 1 / clips), size=draws)


def resample_animals(animals: Sequence[str], draws: int, generator: np.random.Generator) -> Weights:
    """Return how often each clip is drawn when animals are drawn with replacement, then clips within each of them.

    One animal alone is always drawn, which leaves the bootstrap over clips.

    Parameters
    ----------
    animals
        The animal of each clip.
    """
    names, member, sizes = np.unique(np.asarray(animals), return_inverse=True, return_counts=True)
    times = resample_clips(len(names), draws, generator)
    weights = np.zeros((draws, len(member)), dtype=np.int64)
    for animal, size in enumerate(sizes):
        # An animal drawn k times gives k independent samples of its clips: one multinomial of k times the size.
        weights[:, member == animal] = generator.multinomial(times[:, animal] * size, np.full(size, 1 / size))
    return weights


def bootstrap_ends(
    values: Float[np.ndarray, "clip score"], weights: Weights
) -> tuple[Float[np.ndarray, " score"], Float[np.ndarray, " score"]]:
    """Return the lower and upper ends of the percentile interval of each score's mean.

    Undefined values do not count; a score with fewer than five defined clips has NaN for ends.
    """
    defined = np.isfinite(values)
    counts = (weights @ defined).astype(np.float64)
    sums = weights @ np.where(defined, values, 0.0)
    means = np.divide(sums, counts, out=np.full_like(sums, np.nan), where=counts > 0)
    ends = np.full((2, values.shape[1]), np.nan)
    enough = defined.sum(axis=0) >= FEWEST_CLIPS
    if enough.any():
        ends[:, enough] = np.nanquantile(means[:, enough], [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    return ends[0], ends[1]


def _resample(clips: int, animals: Sequence[str] | None, draws: int, generator: np.random.Generator) -> Weights:
    if animals is not None and len(animals) != clips:
        raise ReverieError(f"There are {clips} clips but animals for {len(animals)}; name the animal of each clip.")
    if clips == 0:
        return np.zeros((draws, 0), dtype=np.int64)
    return resample_clips(clips, draws, generator) if animals is None else resample_animals(animals, draws, generator)


def compare_over_animals(scores: pd.DataFrame, score: str, reference: str) -> pd.DataFrame:
    """Compare every condition with a reference by a paired t-test over the animals' means, one row per condition.

    Columns of the result: condition, difference (from the reference, mean over animals), percent (of the reference),
    animals, p (multiplied by the number of comparisons, at most 1; NaN with fewer than three animals). Source: Bauer et
    al. 2026, Methods (repeated-measures comparisons over five animals, Bonferroni).

    Parameters
    ----------
    scores
        One row per animal, clip and condition.

    Examples
    --------
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
