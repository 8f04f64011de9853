import numpy as np
import pandas as pd
import pytest

from reverie.foundation.errors import ReverieError
from reverie.scoring.statistics import bootstrap_interval, t_interval
from reverie.scoring.tables import (
    as_text,
    read_scores,
    score_columns,
    score_table,
    summarise,
    summarise_animals,
    write_scores,
)

ROW = {"animal": "NA", "trial": "003", "method": "paper", "rmse": 1 / 3, "psnr": np.inf, "ssim": np.nan}


def test_scores_come_back_bit_for_bit(tmp_path):
    generator = np.random.default_rng(0)
    rows = [ROW] + [{**ROW, "trial": str(n), "rmse": generator.normal(), "ssim": 1e-300 * n} for n in range(20)]
    table = score_table(rows)
    write_scores(tmp_path / "run" / "scores.csv", table)
    pd.testing.assert_frame_equal(read_scores(tmp_path / "run" / "scores.csv"), table, check_exact=True)


def test_keys_come_first_and_the_rest_are_scores():
    table = score_table([{"rmse": 3.0, **ROW}])
    assert list(table.columns[:3]) == ["animal", "trial", "method"]
    assert score_columns(table) == ["rmse", "psnr", "ssim"]


BROKEN = {
    "no rows": ([], "lacks"),
    "no trial": ([{"animal": "a", "method": "m", "rmse": 1.0}], "lacks the column 'trial'"),
    "text for a score": ([{**ROW, "rmse": "small"}], "other than numbers in the column 'rmse'"),
    "the same row twice": ([ROW, ROW], "two rows for animal NA, trial 003, method paper"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_tables_are_refused(name):
    rows, sentence = BROKEN[name]
    with pytest.raises(ReverieError, match=sentence):
        score_table(rows)


@pytest.mark.parametrize("content", ["", "animal,trial\na,1\n", "animal,trial,method,rmse\na,1,paper,small\n", "\x00"])
def test_a_broken_file_is_named(tmp_path, content):
    path = tmp_path / "scores.csv"
    path.write_text(content)
    with pytest.raises(ReverieError, match=r"scores\.csv"):
        read_scores(path)


def test_a_missing_or_binary_file_is_named(tmp_path):
    with pytest.raises(ReverieError, match="evaluate the run first"):
        read_scores(tmp_path / "scores.csv")
    (tmp_path / "scores.csv").write_bytes(b"\xff\xfe\x00\x80")
    with pytest.raises(ReverieError, match="could not be read"):
        read_scores(tmp_path / "scores.csv")


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
    text = as_text(summarise(scores, seed=0))
    assert list(text.columns) == ["video_correlation", "video_correlation_other_moment"]
    assert list(text.index) == ["paper", "linear"]
    mean, interval = text.loc["paper", "video_correlation"].split(" ", 1)
    assert float(mean) == pytest.approx(scores["video_correlation"][:16].mean(), abs=5e-4)
    assert interval.startswith("[")
    by_animal = as_text(summarise_animals(scores, seed=0))
    assert by_animal.loc[("zoe", "paper"), "video_correlation_other_moment"] == "–"


def test_a_single_trial_has_a_mean_and_no_interval(scores):
    summary = summarise(scores.iloc[[3]], seed=0)
    assert summary["clips"].tolist() == [1, 0]
    assert as_text(summary).loc["paper", "video_correlation"] == f"{scores['video_correlation'][3]:.3f}"
