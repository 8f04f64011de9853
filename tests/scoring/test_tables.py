import numpy as np
import pandas as pd
import pytest

from reverie.foundation.errors import ReverieError
from reverie.scoring.tables import read_scores, score_columns, score_table, write_scores

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
