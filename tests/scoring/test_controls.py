import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from reverie.scoring.controls import Comparison, grey, other_moment, other_movie, shuffled
from reverie.scoring.parts import static_part

SHOTS = np.array([0, 100, 140])


def numbered(frames: int = 240) -> np.ndarray:
    """A movie whose frames tell their own number."""
    return np.broadcast_to(np.arange(frames, dtype=np.float32)[:, None, None], (frames, 2, 3)).copy()


def test_another_moment_rolls_long_shots_and_leaves_short_ones_out():
    movie = numbered()
    moment = other_moment(Comparison(movie, movie, SHOTS))
    assert moment is not None
    found, shown = moment.reconstruction[:, 0, 0], moment.truth[:, 0, 0]
    assert found.tolist() == [*range(100), *range(140, 240)]
    assert shown.tolist() == [*range(50, 100), *range(50), *range(190, 240), *range(140, 190)]
    assert moment.shots.tolist() == [0, 100]
    assert np.abs(found - shown).min() == 50


def test_another_moment_lies_a_second_away_or_is_undefined():
    short, enough = numbered(59), numbered(60)
    assert other_moment(Comparison(short, short, np.array([0]))) is None
    assert other_moment(Comparison(enough, enough, np.array([0]))) is not None


def test_another_moment_keeps_the_static_part_of_every_shot():
    movie = gaussian_filter(np.random.default_rng(0).normal(size=(240, 5, 5)), (3, 1, 1))
    shots = np.array([0, 80, 160])
    moment = other_moment(Comparison(movie, movie, shots))
    assert moment is not None
    np.testing.assert_allclose(static_part(moment.truth, moment.shots), static_part(movie, shots), atol=1e-12)
    assert not np.allclose(moment.truth, movie)


def test_other_movies_are_cut_to_common_length_and_to_their_own_shots():
    generator = np.random.default_rng(1)
    movie = generator.uniform(0, 255, (50, 4, 4))
    comparison = Comparison(movie, movie, np.array([0]))
    cut = np.concatenate([np.full((20, 4, 4), 10.0), np.full((20, 4, 4), 240.0)])
    short, long = other_movie(comparison, [cut, np.concatenate([cut, cut])])
    assert len(short.truth) == len(short.reconstruction) == 40
    assert short.shots.tolist() == [0, 20]
    assert len(long.truth) == len(long.reconstruction) == 50


def test_shuffling_keeps_the_pictures_and_follows_the_seed():
    movie = numbered()
    orders = [
        shuffled(Comparison(movie, movie, SHOTS), np.random.default_rng(seed)).truth[:, 0, 0].tolist()
        for seed in (0, 0, 1)
    ]
    assert orders[0] == orders[1] != orders[2]
    assert sorted(orders[0]) == movie[:, 0, 0].tolist()


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_grey_is_blank(kind):
    movie = numbered().astype(kind)
    blank = grey(Comparison(movie, movie, SHOTS)).reconstruction
    assert blank.dtype == kind
    assert np.unique(blank).tolist() == [127.5]
