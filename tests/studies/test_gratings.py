import numpy as np
import pytest

from reverie.studies import gratings
from reverie.studies.running import run_study
from reverie.studies.synthetic import TableSize

SIZE = TableSize((0.018, 0.143), (15.0, 0.0), frames=24, animals=1)


@pytest.fixture(scope="module")
def section(setup):
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(gratings.SIZES, setup.scale.name, SIZE)
        return run_study(setup, gratings.GRATINGS)


def test_coarse_still_gratings_are_found_and_the_fastest_are_not(section):
    data = section.findings.pictures[0].data.dropna(subset="here").set_index(["row", "column"])["here"]
    assert data[0.018, 0.0] > 0.4
    assert data[0.143, 0.0] < data[0.018, 0.0] - 0.2
    # An encoder that sees every frame has no artefact at 15 Hz, where the published table has .85.
    assert data[0.018, 15.0] < data[0.018, 0.0] - 0.2


def test_these_encoders_do_not_alias(section):
    aliasing = section.findings.pictures[1].data
    assert aliasing["encoder"].tolist() == ["encoder0", "encoder1"]
    assert (aliasing["aliasing"] < 0.5).all()
    assert "No encoder here takes 15 Hz for stillness" in section.findings.sentences[1]


def test_two_stacks_of_a_movie_that_alternates_stand_still():
    movie = np.zeros((8, 4, 6), dtype=np.float32)
    movie[1::2] = 255.0
    whole, even, odd = (axes.get_images()[0].get_array() for axes in gratings.stacks_figure(movie).axes)
    assert whole.shape == (8, 6)
    assert even.std() == odd.std() == 0
    assert odd.mean() == 255
