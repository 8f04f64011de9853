import pytest

from reverie.studies.fields import FIELDS
from reverie.studies.running import run_experiment


@pytest.fixture(scope="module")
def section(laboratory):
    return run_experiment(laboratory, FIELDS)


def test_centres_are_the_true_ones(section):
    table = section.plates[-1].data
    assert table["animal"].tolist() == ["left", "right"]
    # Cells that one pixel does not bring to their threshold have no field.
    assert table["share_found"].between(0.3, 0.9).all()
    assert (table["true_distance"] < 2).all()
    assert (table["true_near"] > 0.6).all()
    assert any("within 2" in sentence for sentence in section.sentences)


def test_the_population_looks_where_most_of_its_fields_are(section):
    table = section.plates[-1].data
    # The mask of the tests is a rectangle that nobody measured; it still lies where most neurons look.
    assert (table["in_core"] < table["in_mask"]).all()
    assert (table["coverage_and_mask"] > 0.4).all()


def test_what_was_probed_is_not_probed_again(section, laboratory):
    kept = sorted((laboratory.out / "fields" / "probed").rglob("*.npz"))
    assert kept
    before = [path.stat().st_mtime_ns for path in kept]
    assert run_experiment(laboratory, FIELDS).sentences == section.sentences
    assert [path.stat().st_mtime_ns for path in kept] == before
