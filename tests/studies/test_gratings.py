import pytest

from reverie.studies import gratings
from reverie.studies.running import run_experiment
from reverie.studies.synthetic import TableSize

SIZE = TableSize((0.018, 0.143), (15.0, 0.0), frames=24, animals=1)


@pytest.fixture(scope="module")
def section(laboratory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(gratings.SIZES, laboratory.scale.name, SIZE)
        return run_experiment(laboratory, gratings.GRATINGS)


def test_coarse_still_gratings_are_found_and_flips_are_not(section):
    data = section.plates[0].data.dropna(subset="here").set_index(["row", "column"])["here"]
    assert data[0.018, 0.0] > 0.4
    assert data[0.143, 0.0] < data[0.018, 0.0] - 0.2
    # An encoder that sees every frame has no artefact at 15 Hz, where the published table has .85.
    assert data[0.018, 15.0] < data[0.018, 0.0] - 0.2


def test_these_encoders_are_not_blind_to_flips(section):
    flips = section.plates[1].data
    assert flips["encoder"].tolist() == ["encoder0", "encoder1"]
    assert (flips["blindness"] < 0.5).all()
    assert "No encoder here takes flips for stillness" in section.sentences[1]
