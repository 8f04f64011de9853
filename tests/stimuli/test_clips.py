import numpy as np
import pytest

from reverie.foundation.errors import ReverieError
from reverie.stimuli.clips import Stimulus
from reverie.stimuli.naturalistic import naturalistic_movie


@pytest.mark.parametrize("name", ["movies", "images", "white-noise", "gaussian-noise"])
def test_a_clip_is_the_same_whenever_it_is_drawn(name: str):
    stimulus = Stimulus(name)
    clip = stimulus.clip(20, 3)
    assert clip().shape == (20, 36, 64)
    np.testing.assert_array_equal(clip(), clip())
    assert np.abs(clip() - stimulus.clip(20, 4)()).max() > 1


def test_images_stand_still_for_half_a_second_and_differ():
    movie = Stimulus("images").clip(45, 0)()
    changes = np.flatnonzero(np.abs(np.diff(movie, axis=0)).max(axis=(1, 2))) + 1
    np.testing.assert_array_equal(changes, [15, 30])


def test_what_there_is_footage_of_is_filmed_off_it():
    footage = 100.0 + 20.0 * np.sign(naturalistic_movie(40, np.random.default_rng(0), frame_size=(72, 128)) - 90.0)
    for name in ("movies", "images"):
        movie = Stimulus(name).clip(20, 5, footage.astype(np.float32))()
        assert 79.9 < movie.min() < movie.max() < 120.1


def test_squares_have_the_size_asked_for():
    noise = Stimulus("white-noise", square=6).clip(2, 0)()
    np.testing.assert_array_equal(noise[:, :6, :6], np.broadcast_to(noise[:, :1, :1], (2, 6, 6)))
    with pytest.raises(ReverieError, match="0 pixels"):
        Stimulus("white-noise", square=0)
