import numpy as np
import pytest
import torch
from tests.inversion.toys import SIZE, PlaneEncoder, SpotEncoder

from reverie.encoders.pixel_probing import pixel_places, probe_pixels
from reverie.encoders.prediction import predict
from reverie.foundation.arrays import GREY
from reverie.foundation.errors import ReverieError

STATE = np.array([1.0, 2.0, 0.5, 0.0], dtype=np.float32)


def held(frames: int) -> np.ndarray:
    return np.repeat(STATE[:, None], frames, axis=1)


def published_clip(row: int, column: int, level: float) -> np.ndarray:
    """Half a second of grey, of grey with one pixel of another level, and of grey (Bauer et al. 2026, Methods)."""
    movie = np.full((45, *SIZE), GREY, dtype=np.float32)
    movie[15:30, row, column] = level
    return movie


def test_a_change_is_that_of_the_whole_published_clip():
    encoder = SpotEncoder(30, history=4)
    places = pixel_places(SIZE)
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
    places = pixel_places(SIZE)
    both = probe_pixels([first, second], "toy", STATE, places)
    alone = [probe_pixels([encoder], "toy", STATE, places) for encoder in (first, second)]
    # The toys answer alike to grey, so that the mean of rates is the mean of changes.
    np.testing.assert_allclose(both, (alone[0] + alone[1]) / 2, atol=1e-5)


def test_an_encoder_bound_to_a_window_sees_one_window():
    encoder = PlaneEncoder()
    places = pixel_places(SIZE, stride=5)
    changes = probe_pixels([encoder], "toy", STATE, places, seconds=0.1)
    movie = torch.full((1, 8, *SIZE), 127.5)
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
        pixel_places(SIZE, stride=0)
    places = pixel_places(SIZE, stride=6)
    with pytest.raises(ReverieError, match="at least one encoder"):
        probe_pixels([], "toy", STATE, places)
    with pytest.raises(ReverieError, match="no readout"):
        probe_pixels([SpotEncoder(3)], "other", STATE, places)
    with pytest.raises(ReverieError, match="window of 8 frames"):
        probe_pixels([PlaneEncoder()], "toy", STATE, places)
