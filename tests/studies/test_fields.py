from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from reverie.encoders.receptive_fields import ReceptiveFields, population_coverage
from reverie.foundation.errors import ReverieError
from reverie.jobs.workers import Workers
from reverie.studies.fields import FIELDS, coverage_figure, examples_figure, fields_of
from reverie.studies.running import run_study


@pytest.fixture(scope="module")
def section(setup):
    return run_study(setup, FIELDS)


def test_centres_are_the_true_ones(section):
    table = section.findings.pictures[-1].data
    assert table["animal"].tolist() == ["left", "right"]
    # Cells that one pixel does not bring to their threshold have no field.
    assert table["share_found"].between(0.3, 0.9).all()
    assert (table["true_distance"] < 2).all()
    assert (table["true_near"] > 0.6).all()
    assert any("within 2" in sentence for sentence in section.findings.sentences)


def test_the_population_looks_where_most_of_its_fields_are(section):
    table = section.findings.pictures[-1].data
    # The mask of the tests is a rectangle that nobody measured; it still lies where most neurons look.
    assert (table["in_core"] < table["in_mask"]).all()
    assert (table["coverage_and_mask"] > 0.4).all()


def test_probed_pixels_are_not_probed_again(section, setup):
    kept = sorted((setup.out / "fields" / "probed").rglob("*.npz"))
    assert kept
    before = [path.stat().st_mtime_ns for path in kept]
    assert run_study(setup, FIELDS).findings.sentences == section.findings.sentences
    assert [path.stat().st_mtime_ns for path in kept] == before


def test_another_state_is_probed_anew(section, setup, monkeypatch):
    monkeypatch.setattr("reverie.studies.fields.ordinary_state", lambda *_: np.zeros((4, 1), np.float32))
    kept = set((setup.out / "fields" / "probed").rglob("*.npz"))
    fields_of(setup)
    assert len(set((setup.out / "fields" / "probed").rglob("*.npz"))) == 2 * len(kept)


def test_others_who_work_in_another_folder_keep_it_in_the_same_place(setup, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    asked = []
    monkeypatch.setattr(Workers, "run", lambda self, work, tasks, *_: asked.extend(tasks))
    with pytest.raises(ReverieError, match="missing"):
        fields_of(replace(setup, out=Path("out")))
    assert asked
    assert all(task.path.is_relative_to(tmp_path) for task in asked)


@pytest.fixture
def fields():
    maps = np.zeros((5, 36, 64), dtype=np.float32)
    centres = np.array([[4.0, 10.0], [20.0, 30.0], [np.nan, np.nan], [35.0, 63.0], [0.0, 0.0]])
    found = np.isfinite(centres[:, 0])
    for neuron in np.flatnonzero(found):
        maps[neuron, int(centres[neuron, 0]), int(centres[neuron, 1])] = 1.0
    return ReceptiveFields(maps, found, centres)


def test_centres_lie_where_they_are_in_degrees(fields):
    mask = np.zeros((36, 64), dtype=np.float32)
    mask[10:25, 20:40] = 1.2
    figure = coverage_figure(population_coverage(fields), fields, mask, degrees_per_pixel=2.0)
    axes = figure.axes[0]
    across, up = axes.lines[0].get_data()
    np.testing.assert_allclose(across, [-43, -3, 63, -63])
    np.testing.assert_allclose(up, [27, -5, -35, 35])
    assert axes.get_images()[0].get_array().max() == pytest.approx(25)


def test_only_neurons_with_a_field_are_shown(fields):
    figure = examples_figure(fields)
    titles = [axes.get_title() for axes in figure.axes]
    assert titles == ["neuron 0", "neuron 1", "neuron 3", "neuron 4"]


def test_where_no_neuron_has_a_field_none_is_shown(fields):
    nobody = np.zeros(len(fields.found), dtype=bool)
    figure = examples_figure(ReceptiveFields(fields.maps, nobody, np.full_like(fields.centres, np.nan)))
    assert [axes.get_title() for axes in figure.axes] == ["", "", "", ""]
