import numpy as np
import pandas as pd
import pytest

from reverie.foundation.errors import ReverieError
from reverie.reporting.content import TrialContent
from reverie.reporting.score_tables import summary_tables, trial_table
from reverie.reporting.wording import CONTROL_LABELS, SCORES
from reverie.scoring.calibration import LEVELS
from reverie.scoring.controls import CONTROLS
from reverie.scoring.scores import score

NAN = float("nan")


def trial(scores: dict[str, float], **more: object) -> TrialContent:
    movie = np.zeros((5, 2, 2), np.float32)
    return TrialContent("a", "1", movie, np.ones((2, 2), np.float32), scores=scores, **{"truth": movie, **more})


def test_everything_the_evaluation_measures_has_words() -> None:
    movies = np.random.default_rng(0).uniform(0, 255, (2, 40, 9, 9))
    names = score(movies[0], movies[1], np.ones((9, 9)), seed=0, skip=2)
    plain = [name for name in names if not name.endswith(tuple(f"_{control}" for control in CONTROLS))]
    # Where a spread was calibrated, coverage is measured as well.
    assert {*plain, *(f"coverage_{100 * level:.0f}" for level in LEVELS)} == set(SCORES)
    assert tuple(CONTROL_LABELS) == CONTROLS


def test_controls_stand_beside_their_score() -> None:
    table = trial_table(trial({"rmse": 40.0, "rmse_other_movie": 60.0, "rmse_grey": 70.0, "dynamic_share": 0.25}))
    assert [cell.text for cell in table.rows[0].cells] == ["40.0", "60.0", "–", "–", "70.0"]
    assert [row.cells[0].text for row in table.further] == ["0.250"]


def test_missing_scores_say_why() -> None:
    scores = {"video_correlation": NAN, "video_correlation_grey": 0.0, "ssim": NAN}
    table = trial_table(trial(scores))
    assert table.rows[0].cells[0].text == "–"
    assert "the truth does not vary" in table.missing
    unknown = trial_table(trial(scores, truth=None))
    assert unknown.missing == ["the movie the animal saw is not known"]


def test_only_scores_that_end_at_one_are_drawn_on_the_common_scale() -> None:
    table = trial_table(trial({"rmse": 4.0, "rmse_grey": 7.0, "ssim": 0.25, "ssim_grey": -0.5}))
    assert not table.rows[0].marks
    assert [(mark.kind, mark.at) for mark in table.rows[1].marks] == [("score", 0.5), ("grey", 0.0)]


def test_a_summary_becomes_one_table_for_each_method_with_intervals() -> None:
    rows = [
        ("paper", "ssim", 0.5, 0.4, 0.6, 4, 2),
        ("paper", "ssim_grey", 0.1, NAN, NAN, 4, 2),
        ("ridge", "ssim", NAN, NAN, NAN, 0, 0),
        ("ridge", "ssim_grey", 0.1, 0.1, 0.1, 1, 1),
    ]
    summary = pd.DataFrame(rows, columns=["method", "score", "mean", "low", "high", "clips", "animals"])
    paper, ridge = summary_tables(summary)
    assert paper.title == "paper · 4 clips · 2 animals"
    assert ridge.title == "ridge · 1 clip · 1 animal"
    assert (paper.rows[0].cells[0].text, paper.rows[0].cells[0].interval) == ("0.500", "0.400 to 0.600")
    assert paper.rows[0].cells[4].interval == ""
    assert ridge.rows[0].cells[0].text == "–"
    assert ridge.rows[0].cells[0].reason


def test_a_table_of_something_else_is_refused() -> None:
    with pytest.raises(ReverieError, match="lacks the column"):
        summary_tables(pd.DataFrame({"method": ["paper"], "ssim": [0.5]}))
