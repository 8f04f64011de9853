"""Images in the layout of Sensorium 2022, laid in other ways than there."""

import numpy as np
import pytest
from tests.recordings.readers import layouts
from tests.worlds import open_recording

from reverie.encoders.compact import CompactConfig
from reverie.encoders.dwiseneuro_config import DwiseNeuroConfig
from reverie.foundation.errors import ReverieError
from reverie.recordings.reading import Reading


@pytest.fixture
def animal(make_trial, tmp_path):
    return layouts.write_images(tmp_path / "static1", [make_trial(number, frames=20) for number in range(4)])


def change(animal, kind, how):
    for path in (animal / "data" / kind).iterdir():
        np.save(path, how(np.load(path)))


def test_images_last_long_enough_for_every_encoder(animal):
    (frames,) = {open_recording(animal).frames(name) for name in open_recording(animal).tiers}
    window = DwiseNeuroConfig().stack_frames * DwiseNeuroConfig().frame_step
    assert frames >= max(window, 2 * CompactConfig().reach)
    assert open_recording(animal, Reading(frame_rate=30.0)).frames("0") == 15


LAID = {
    "without colours": lambda image: image[0],
    "three colours first": lambda image: np.repeat(image, 3, axis=0),
    "one colour last": lambda image: image[0][..., None],
    "three colours last": lambda image: np.repeat(image[0][..., None], 3, axis=-1),
}


@pytest.mark.parametrize("how", LAID)
def test_the_axis_of_colours_is_told_by_its_length(animal, how):
    expected = {name: open_recording(animal).movie(name) for name in open_recording(animal).tiers}
    change(animal, "images", LAID[how])
    recording = open_recording(animal)
    for name, movie in expected.items():
        np.testing.assert_allclose(recording.movie(name), movie, atol=1e-3)


def test_an_image_without_an_axis_of_colours_is_refused(animal):
    change(animal, "images", lambda image: np.repeat(image, 9, axis=0))
    with pytest.raises(ReverieError, match=r"has the shape \(9, 36, 64\), in which no axis holds colours"):
        _ = open_recording(animal).tiers


@pytest.mark.parametrize("how", [lambda values: values[None], lambda values: values[:, None]])
def test_responses_and_behaviour_may_have_an_axis_of_one(animal, how):
    expected = open_recording(animal).trial("1")
    for kind in ("responses", "behavior", "pupil_center"):
        change(animal, kind, how)
    found = open_recording(animal).trial("1")
    np.testing.assert_array_equal(found.responses, expected.responses)
    np.testing.assert_array_equal(found.state, expected.state)
