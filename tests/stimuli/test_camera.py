import numpy as np
import pytest

from reverie.foundation.errors import ReverieError
from reverie.stimuli.camera import bounce, glide, shot_lengths, sweep


def still(seed: int = 0) -> np.ndarray:
    """A still clip of smooth random texture, larger than the frame."""
    picture = np.random.default_rng(seed).uniform(0, 255, (72, 128))
    smooth = sum(np.roll(picture, (i, j), (0, 1)) for i in range(6) for j in range(6)) / 36
    return np.repeat(smooth[None], 5, axis=0).astype(np.float32)


def test_a_still_clip_comes_to_move_and_cut():
    movie = sweep(still(), 300, np.random.default_rng(0), frame_size=(18, 32), shot_seconds=(2.0, 4.0))
    motion = np.abs(np.diff(movie, axis=0)).mean(axis=(1, 2))
    cuts = np.flatnonzero(motion > 5 * np.median(motion)) + 1
    assert movie.shape == (300, 18, 32)
    assert np.median(motion) > 0.3
    assert 2 <= len(cuts) <= 4
    assert np.diff([0, *cuts, 300]).min() >= 30


def test_it_shows_nothing_the_source_does_not_hold():
    source = still()
    movie = sweep(source, 60, np.random.default_rng(1), zoom=(1.0, 1.0))
    assert movie.min() >= source.min() - 1e-3
    assert movie.max() <= source.max() + 1e-3


def test_the_seed_decides():
    first, again, other = (sweep(still(), 40, np.random.default_rng(seed)) for seed in (3, 3, 4))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 1


def test_shots_fill_the_movie_within_their_range():
    lengths = shot_lengths(3000, (2.0, 4.0), np.random.default_rng(0))
    assert sum(lengths) == 3000
    assert min(lengths[:-1]) >= 60
    assert max(lengths[:-1]) <= 120


def test_a_glide_has_its_speed_and_no_jumps():
    path = glide(200, 0.5, np.random.default_rng(0))
    steps = np.linalg.norm(np.diff(path, axis=1), axis=0)
    assert steps.mean() == pytest.approx(0.5)
    assert np.abs(np.diff(path, n=2, axis=1)).max() < 0.25


def test_a_bouncing_path_stays_inside():
    path = bounce(np.array([np.linspace(-20, 30, 99), np.linspace(0, 5, 99)]), np.array([[7.0], [0.0]]))
    assert path[0].min() >= 0
    assert path[0].max() <= 7
    assert np.all(path[1] == 0)


def test_senseless_ranges_are_refused():
    with pytest.raises(ReverieError, match="zoom"):
        sweep(still(), 30, np.random.default_rng(0), zoom=(0.5, 1.5))
