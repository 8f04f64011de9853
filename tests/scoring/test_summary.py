import numpy as np
import pandas as pd
import pytest

from reverie.scoring.bootstrap import bootstrap_interval, t_interval
from reverie.scoring.summary import readable, summarise, summarise_animals
from reverie.scoring.tables import score_table


@pytest.fixture
def scores() -> pd.DataFrame:
    generator = np.random.default_rng(0)
    rows = []
    for method, gain in (("paper", 0.0), ("linear", -0.2)):
        for animal in ("zoe", "ada"):
            for trial in range(8):
                correlation = 0.5 + gain + (0.1 if animal == "ada" else 0) + 0.05 * generator.normal()
                other = np.nan if trial < 3 or animal == "zoe" else 0.1 * trial
                rows.append(
                    {
                        "animal": animal,
                        "trial": str(trial),
                        "method": method,
                        "video_correlation": correlation,
                        "video_correlation_other_moment": other,
                    }
                )
    return score_table(rows)


def test_the_summary_holds_means_intervals_and_counts(scores):
    summary = summarise(scores, seed=0)
    assert summary["method"].tolist() == ["paper", "paper", "linear", "linear"]
    row, other = summary.iloc[0], summary.iloc[1]
    rows = scores[scores["method"] == "paper"]
    values = rows["video_correlation"].to_numpy()
    assert row["mean"] == pytest.approx(values.mean())
    assert (row["clips"], row["animals"]) == (16, 2)
    assert (other["clips"], other["animals"]) == (5, 1)
    student = t_interval(values)
    assert (row["t_low"], row["t_high"]) == (student.low, student.high)
    nested = bootstrap_interval(values, animals=rows["animal"].tolist(), seed=0)
    assert (row["low"], row["high"]) == (nested.low, nested.high)
    pd.testing.assert_frame_equal(summary, summarise(scores, seed=0))


def test_the_summary_of_each_animal_is_over_its_own_clips(scores):
    summary = summarise_animals(scores, seed=0)
    assert len(summary) == 2 * 2 * 2
    row = summary[(summary["animal"] == "ada") & (summary["method"] == "linear")].iloc[0]
    chosen = scores[(scores["animal"] == "ada") & (scores["method"] == "linear")]
    assert row["mean"] == pytest.approx(chosen["video_correlation"].mean())
    assert (row["clips"], row["animals"]) == (8, 1)
    assert row["low"] < row["mean"] < row["high"]


def test_the_readable_summary(scores):
    text = readable(summarise(scores, seed=0))
    assert list(text.columns) == ["video_correlation", "video_correlation_other_moment"]
    assert list(text.index) == ["paper", "linear"]
    mean, interval = text.loc["paper", "video_correlation"].split(" ", 1)
    assert float(mean) == pytest.approx(scores["video_correlation"][:16].mean(), abs=5e-4)
    assert interval.startswith("[")
    by_animal = readable(summarise_animals(scores, seed=0))
    assert by_animal.loc[("zoe", "paper"), "video_correlation_other_moment"] == "–"


def test_a_single_trial_has_a_mean_and_no_interval(scores):
    summary = summarise(scores.iloc[[3]], seed=0)
    assert summary["clips"].tolist() == [1, 0]
    assert readable(summary).loc["paper", "video_correlation"] == f"{scores['video_correlation'][3]:.3f}"
