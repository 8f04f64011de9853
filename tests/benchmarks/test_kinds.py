"""What the table of kinds says, and that every method in it has a way to be done."""

import pandas as pd
import pytest
from benchmarks.kinds import DEAR, METHODS, STIMULI
from benchmarks.kinds_table import DEFAULT, NOT_RIVALS, differences_of, page_of

from reverie.inversion.methods.registry import DEFAULT as DEFAULT_METHOD
from reverie.simulation.kinds import KINDS


def rows(**scores: list[float]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {"kind": "harsh", "method": method, "clip": str(clip), "video": score, "passes": 91.4, "seconds": 2.0}
            for method, each in scores.items()
            for clip, score in enumerate(each)
        ]
    )


def test_every_kind_and_the_default_are_in_it():
    assert {*STIMULI, "retina"} == set(KINDS)
    assert DEFAULT_METHOD.name == DEFAULT
    assert {DEFAULT, *NOT_RIVALS, *DEAR} <= METHODS.keys()


def test_means_stand_in_the_page_and_what_was_not_measured_is_left_blank():
    table = rows(map=[0.5, 0.7], combined=[0.7, 0.8])
    table["coverage_50"] = [float("nan"), float("nan"), 0.5, 0.6]
    lines = page_of(table).splitlines()
    assert lines[2] == "| harsh | map | 2 | 0.600 |  | 91 | 2.0 |"
    assert lines[3] == "| harsh | combined | 2 | 0.750 | 0.550 | 91 | 2.0 |"


def test_rivals_are_compared_on_the_clips_that_both_have():
    found = differences_of(rows(combined=[0.7, 0.8, 0.1], published=[0.5, 0.7], **{"map, truth": [0.9]}))
    assert found["rival"].tolist() == ["published"]
    assert found["video"].iloc[0] == pytest.approx(0.15)
    assert found["error"].iloc[0] == pytest.approx(0.05)
    assert found["clips"].iloc[0] == 2
