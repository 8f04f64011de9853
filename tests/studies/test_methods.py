import numpy as np
import pytest

from reverie.jobs.clip import Clip
from reverie.studies import methods
from reverie.studies.method_figures import PARTS
from reverie.studies.methods import ANIMALS, CHOSEN, LONG, MAP, METHODS, REPEATS, RIDGE, STILL
from reverie.studies.running import run_study

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def section(taught):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(methods, "STOPS", (15, 30))
        return run_study(taught, METHODS)


def test_every_method_has_a_row_and_those_too_dear_for_the_scale_have_none(section):
    table = section.findings.tables["Means over clips"].set_index("condition")
    assert LONG not in table.index
    assert {RIDGE, CHOSEN, MAP, STILL, ANIMALS, REPEATS} <= set(table.index)
    assert (table["clips"] == 2).all()
    assert np.isfinite(table[["video_correlation", "ssim", "passes", "seconds"]]).all(axis=None)


def test_costly_methods_take_some_clips_of_each_animal_in_turn():
    clips = [Clip(animal, name) for animal in ("one", "two") for name in "abcd"]
    assert [(clip.animal, clip.name) for clip in methods.in_turns(clips)] == [
        ("one", "a"),
        ("one", "c"),
        ("two", "b"),
        ("two", "d"),
    ]
    assert methods.in_turns([clips[0], clips[4]]) == [clips[0], clips[4]]


def test_a_prior_beats_none_and_more_showings_beat_one(section):
    found = section.findings.tables["Means over clips"].set_index("condition")["video_correlation"]
    assert found[MAP] > found["map, no prior to speak of"]
    assert found[MAP] > found[CHOSEN]
    assert found[REPEATS] > found[MAP]
    assert found[ANIMALS] > found[MAP]


def test_neurons_are_held_out_only_where_they_were_not_used(section):
    held_out = section.findings.tables["Means over clips"].set_index("condition")["held_out_neurons"]
    assert held_out[MAP] > 0.05
    assert held_out[REPEATS] > 0.05
    assert np.isnan(held_out[ANIMALS])


def test_differences_are_those_of_the_means(section):
    differences = section.findings.pictures[1].data.set_index(["first", "second", "score"])
    table = section.findings.tables["Means over clips"].set_index("condition")
    for score in PARTS:
        expected = table.loc[MAP, score] - table.loc[RIDGE, score]
        assert differences.loc[(MAP, RIDGE, score), "difference"] == pytest.approx(expected)
    assert any(sentence.startswith("map minus ridge: video correlation") for sentence in section.findings.sentences)


def test_the_page_shows_the_whole_table(section, taught):
    page = (taught.out / "methods" / "index.html").read_text()
    assert "Means over clips" in page
    assert "held out neurons" in page
