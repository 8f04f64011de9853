import numpy as np
import pandas as pd
import pytest

from reverie.studies.conditions import mean_of, mean_text, percent, sentence_over_animals, summarise_conditions


@pytest.fixture
def scores() -> pd.DataFrame:
    """Four animals with two clips each; condition b is better by 0.1 everywhere, up to a little noise."""
    noise = np.random.default_rng(0).normal(0, 0.005, 8)
    animals = np.repeat(list("wxyz"), 2)
    first = pd.DataFrame({"condition": "a", "animal": animals, "video": np.linspace(0.4, 0.6, 8)})
    second = first.assign(condition="b", video=first["video"] + 0.1 + noise)
    return pd.concat([first, second], ignore_index=True)


def test_a_condition_is_summed_up_over_its_own_clips(scores: pd.DataFrame):
    table = summarise_conditions(scores, "video", ["b", "a"], seed=0)
    assert table["condition"].tolist() == ["b", "a"]
    assert table["clips"].tolist() == [8, 8]
    assert table["animals"].tolist() == [4, 4]
    assert mean_of(table, "a") == pytest.approx(0.5)
    assert (table["low"] < table["mean"]).all()
    assert (table["boot_high"] > table["mean"]).all()
    assert mean_text(table, "a").startswith("0.500 [0.4")


def test_a_single_clip_has_no_interval(scores: pd.DataFrame):
    table = summarise_conditions(scores.iloc[:1], "video", ["a"], seed=0)
    assert mean_text(table, "a") == "0.400"


def test_a_loss_has_a_true_minus_sign():
    assert percent(0.45, 0.5) == "−10.0 %"


def test_a_difference_over_animals_is_told_only_where_there_are_enough(scores: pd.DataFrame):
    assert "b: p = " in sentence_over_animals(scores, "video", "a")
    few = scores[scores["animal"] == "w"]
    assert "With 1 animal a test over animals" in sentence_over_animals(few, "video", "a")
