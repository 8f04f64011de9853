import numpy as np
import pytest
import torch
from tests.inversion.toys import SIZE as TOY_SIZE
from tests.inversion.toys import PlaneEncoder, SpotEncoder

from reverie.encoders.prediction import predict
from reverie.encoders.receptive_fields import pixel_places, population_coverage, probe_pixels, receptive_fields
from reverie.foundation.arrays import GREY
from reverie.foundation.errors import ReverieError
from reverie.simulation.truth import SimulatedTruth, SimulatedTruthConfig

STATE = np.array([1.0, 2.0, 0.5, 0.0], dtype=np.float32)


def held(frames: int) -> np.ndarray:
    return np.repeat(STATE[:, None], frames, axis=1)


def published_clip(row: int, column: int, level: float) -> np.ndarray:
    """Half a second of grey, of grey with one pixel of another level, and of grey (Bauer et al. 2026, Methods)."""
    movie = np.full((45, *TOY_SIZE), GREY, dtype=np.float32)
    movie[15:30, row, column] = level
    return movie


def test_a_change_is_that_of_the_whole_published_clip():
    encoder = SpotEncoder(30, history=4)
    places = pixel_places(TOY_SIZE)
    changes = probe_pixels([encoder], "toy", STATE, places)
    assert changes.shape == (2, 30, len(places))
    for number in (0, 77, 150):
        for row, level in enumerate((255.0, 0.0)):
            clip = published_clip(*places[number], level)
            rates = predict(encoder, clip, held(len(clip)), "toy")
            before, during = rates[:, 5:15].mean(axis=1), rates[:, 15:30].mean(axis=1)
            np.testing.assert_allclose(changes[row, :, number], (during - before) / before, atol=1e-5)


def test_all_encoders_count_not_the_last_alone():
    first, second = SpotEncoder(10, seed=1), SpotEncoder(10, seed=2)
    places = pixel_places(TOY_SIZE)
    both = probe_pixels([first, second], "toy", STATE, places)
    alone = [probe_pixels([encoder], "toy", STATE, places) for encoder in (first, second)]
    # The toys answer alike to grey, so that the mean of rates is the mean of changes.
    np.testing.assert_allclose(both, (alone[0] + alone[1]) / 2, atol=1e-5)


def test_an_encoder_bound_to_a_window_sees_one_window():
    encoder = PlaneEncoder()
    places = pixel_places(TOY_SIZE, stride=5)
    changes = probe_pixels([encoder], "toy", STATE, places, seconds=0.1)
    movie = torch.full((1, 8, *TOY_SIZE), 127.5)
    grey = encoder(movie, torch.from_numpy(held(8))[None], "toy")[0, :, 2:5].mean(dim=1)
    row, column = places[4]
    movie[0, 2:5, row, column] = 0.0
    dark = encoder(movie, torch.from_numpy(held(8))[None], "toy")[0, :, 2:5].mean(dim=1)
    np.testing.assert_allclose(changes[1, :, 4], ((dark - grey) / grey).detach(), rtol=1e-2, atol=1e-4)


def test_a_stride_tries_fewer_places_around_the_middle():
    places = pixel_places((36, 64), stride=4)
    assert len(places) == 9 * 16
    np.testing.assert_allclose(places.mean(axis=0), [17.5, 31.5], atol=0.5)


def test_impossible_settings_are_refused():
    with pytest.raises(ReverieError, match="stride"):
        pixel_places(TOY_SIZE, stride=0)
    places = pixel_places(TOY_SIZE, stride=6)
    with pytest.raises(ReverieError, match="at least one encoder"):
        probe_pixels([], "toy", STATE, places)
    with pytest.raises(ReverieError, match="no readout"):
        probe_pixels([SpotEncoder(3)], "other", STATE, places)
    with pytest.raises(ReverieError, match="window of 8 frames"):
        probe_pixels([PlaneEncoder()], "toy", STATE, places)


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
    places = pixel_places((19, 21))
    changes = np.zeros((2, 2, len(places)), dtype=np.float32)
    changes[0, 0, 9 * 21 + 10] = 0.5
    changes[:, 1] = 0.09
    fields = receptive_fields(changes, places, (19, 21))
    assert fields.found.tolist() == [True, False]
    assert fields.share_found == 0.5
    np.testing.assert_array_equal(fields.centres[0], [9, 10])
    assert fields.maps[0].sum() == pytest.approx(0.5, rel=0.01)
    assert fields.maps[1].max() == 0
    # Half of a Gaussian's height is reached 1.18 sigma, here 2.35 pixels, from its middle: of the square of 25 pixels
    # around it all but the four corners.
    assert population_coverage(fields).sum() == 21


def test_no_field_at_all_is_said():
    fields = receptive_fields(np.zeros((2, 3, 99), dtype=np.float32), pixel_places((9, 11)), (9, 11))
    with pytest.raises(ReverieError, match="No neuron responds"):
        population_coverage(fields)
