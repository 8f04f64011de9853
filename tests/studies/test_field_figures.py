import numpy as np
import pytest

from reverie.encoders.receptive_fields import ReceptiveFields, population_coverage
from reverie.studies.field_figures import coverage_figure, examples_figure


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
    figure = examples_figure(fields, count=3, across=2)
    titles = [axes.get_title() for axes in figure.axes]
    assert titles == ["neuron 0", "neuron 1", "neuron 4", ""]
