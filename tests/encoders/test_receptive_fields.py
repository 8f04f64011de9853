import numpy as np
import pytest

from reverie.encoders.pixel_probing import pixel_places, probe_pixels
from reverie.encoders.receptive_fields import population_coverage, receptive_fields
from reverie.foundation.errors import ReverieError
from reverie.simulation.population import SimulatedTruthConfig
from reverie.simulation.truth import SimulatedTruth

SIZE = (18, 24)
AT_REST = np.array([50.0, 0.0, 130.0, 130.0], dtype=np.float32)


@pytest.fixture(scope="module")
def animal():
    truth = SimulatedTruth(SimulatedTruthConfig(seed=2, degrees_per_pixel=5.0), {"ada": 80}, SIZE).eval()
    return truth, truth.animal("ada").get_buffer("centres").numpy()


@pytest.mark.parametrize(("stride", "within"), [(1, 0.85), (2, 0.8)])
def test_centres_are_those_of_a_simulated_animal(animal, stride, within):
    truth, centres = animal
    places = pixel_places(SIZE, stride)
    fields = receptive_fields(probe_pixels([truth], "ada", AT_REST, places), places, SIZE)
    distance = np.linalg.norm(fields.centres - centres, axis=1)[fields.found]
    # Cells that need more than one pixel to reach their threshold, most complex cells among them, show no field.
    assert 0.4 < fields.share_found < 0.9
    assert np.median(distance) < 1.0
    assert (distance <= 2.0).mean() > within
    assert np.isnan(fields.centres[~fields.found]).all()


def test_coverage_is_densest_where_the_centres_are(animal):
    truth, _ = animal
    places = pixel_places(SIZE, stride=2)
    fields = receptive_fields(probe_pixels([truth], "ada", AT_REST, places), places, SIZE)
    coverage = population_coverage(fields)
    density, *_ = np.histogramdd(fields.centres[fields.found], bins=(6, 8), range=((-0.5, 17.5), (-0.5, 23.5)))
    assert np.corrcoef(coverage.reshape(6, 3, 8, 3).mean(axis=(1, 3)).ravel(), density.ravel())[0, 1] > 0.6


def test_a_point_becomes_a_blurred_spot_and_small_changes_nothing():
    places = pixel_places((9, 11))
    changes = np.zeros((2, 2, len(places)), dtype=np.float32)
    changes[0, 0, 4 * 11 + 6] = 0.5
    changes[:, 1] = 0.09
    fields = receptive_fields(changes, places, (9, 11), blur=1.0)
    assert fields.found.tolist() == [True, False]
    assert fields.share_found == 0.5
    np.testing.assert_array_equal(fields.centres[0], [4, 6])
    assert fields.maps[0].sum() == pytest.approx(0.5, rel=0.01)
    assert fields.maps[1].max() == 0
    # Half of a Gaussian's height is reached 1.18 sigma from its middle: the centre and its four neighbours.
    assert population_coverage(fields).sum() == 5


def test_no_field_at_all_is_said():
    fields = receptive_fields(np.zeros((2, 3, 99), dtype=np.float32), pixel_places((9, 11)), (9, 11))
    with pytest.raises(ReverieError, match="No neuron answers"):
        population_coverage(fields)
    with pytest.raises(ReverieError, match="at least 0"):
        receptive_fields(np.zeros((2, 3, 99), dtype=np.float32), pixel_places((9, 11)), (9, 11), blur=-1.0)
