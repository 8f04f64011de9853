import numpy as np
import pytest

from reverie.foundation.errors import ReverieError
from reverie.stimuli.clips import StimulusSettings, checkerboards, held
from reverie.stimuli.naturalistic import naturalistic_movie


def test_squares_know_nothing_of_each_other():
    noise = checkerboards(400, np.random.default_rng(0), frame_size=(12, 20), square=4)
    squares = noise[:, ::4, ::4].reshape(400, -1)
    np.testing.assert_array_equal(np.repeat(np.repeat(noise[:, ::4, ::4], 4, 1), 4, 2), noise)
    correlation = np.corrcoef(squares.T)
    assert np.abs(correlation[np.triu_indices(15, 1)]).max() < 0.2
    assert abs(np.corrcoef(squares[1:].ravel(), squares[:-1].ravel())[0, 1]) < 0.05
    assert noise.mean() == pytest.approx(127.5, abs=4)


def test_greys_may_be_many_and_faint():
    noise = checkerboards(200, np.random.default_rng(0), square=6, gaussian=True, contrast=0.5)
    assert noise.std() == pytest.approx(127.5 / 3 / 2, rel=0.05)
    assert np.abs(noise - 127.5).max() <= 0.5 * 127.5 + 1e-3
    assert len(np.unique(noise)) > 1000


def test_squares_are_cut_where_they_do_not_fit():
    noise = checkerboards(2, np.random.default_rng(0), frame_size=(7, 10), square=4)
    assert noise.shape == (2, 7, 10)
    assert len(np.unique(noise[0, 4:, 8:])) == 1


def test_impossible_noise_is_refused():
    for wrong in ({"square": 0}, {"contrast": 1.5}):
        with pytest.raises(ReverieError, match="White noise"):
            checkerboards(3, np.random.default_rng(0), **wrong)


def test_pictures_stay_and_then_give_way():
    generator = np.random.default_rng(0)
    movie = held(lambda: generator.uniform(0, 255, (4, 6)), 70)
    changes = np.flatnonzero(np.abs(np.diff(movie, axis=0)).max(axis=(1, 2)))
    assert movie.shape == (70, 4, 6)
    np.testing.assert_array_equal(changes + 1, [15, 30, 45, 60])


def test_pictures_without_frames_are_refused():
    with pytest.raises(ReverieError, match="at least 1 frame"):
        held(lambda: np.zeros((2, 2)), 0)


@pytest.mark.parametrize("name", ["movies", "images", "white-noise", "gaussian-noise"])
def test_a_clip_is_the_same_whenever_it_is_drawn(name: str):
    stimulus = StimulusSettings(name)
    clip = stimulus.clip(20, 3)
    assert clip().shape == (20, 36, 64)
    np.testing.assert_array_equal(clip(), clip())
    assert np.abs(clip() - stimulus.clip(20, 4)()).max() > 1


def test_images_stand_still_for_half_a_second_and_differ():
    movie = StimulusSettings("images").clip(45, 0)()
    changes = np.flatnonzero(np.abs(np.diff(movie, axis=0)).max(axis=(1, 2))) + 1
    np.testing.assert_array_equal(changes, [15, 30])


def test_movies_and_images_are_cut_from_footage():
    footage = 100.0 + 20.0 * np.sign(naturalistic_movie(40, np.random.default_rng(0), frame_size=(72, 128)) - 90.0)
    for name in ("movies", "images"):
        movie = StimulusSettings(name).clip(20, 5, footage.astype(np.float32))()
        assert 79.9 < movie.min() < movie.max() < 120.1


def test_squares_have_the_size_asked_for():
    noise = StimulusSettings("white-noise", square=6).clip(2, 0)()
    np.testing.assert_array_equal(noise[:, :6, :6], np.broadcast_to(noise[:, :1, :1], (2, 6, 6)))
    with pytest.raises(ReverieError, match="square is 0 but must be 1 to"):
        StimulusSettings("white-noise", square=0)
