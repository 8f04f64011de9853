import numpy as np
import pytest

from reverie.scoring.correlation import video_correlation
from reverie.scoring.parts import (
    dynamic_correlation,
    dynamic_part,
    dynamic_share,
    pattern,
    pattern_correlation,
    static_correlation,
    static_part,
)

SHOTS = np.array([0, 7, 20])


def random_movie(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).uniform(0, 255, (30, 6, 8)).astype(np.float32)


def pictures_and_motion(motion: float) -> tuple[np.ndarray, np.ndarray]:
    """Three still pictures, and noise of their size times ``motion`` without any mean within a shot."""
    generator = np.random.default_rng(2)
    stills = np.repeat(generator.normal(0, 1, (3, 6, 8)), np.diff([*SHOTS, 30]), axis=0)
    return stills, motion * dynamic_part(generator.normal(0, 1, (30, 6, 8)), SHOTS)


def test_the_parts_add_up_are_orthogonal_and_means_are_those_of_the_shots():
    movie = random_movie(0)
    still, moving = static_part(movie, SHOTS), dynamic_part(movie, SHOTS)
    np.testing.assert_allclose(still + moving, movie, atol=1e-9)
    np.testing.assert_allclose(still[7], movie[7:20].mean(axis=0), rtol=1e-6)
    assert np.array_equal(still[7], still[19])
    assert (still * moving).sum() == pytest.approx(0, abs=1e-5)


def test_the_dynamic_share_is_the_share_of_variance():
    movie = random_movie(1)
    moving = dynamic_part(movie, SHOTS)
    assert dynamic_share(movie, SHOTS) == pytest.approx(moving.var() / movie.astype(float).var())
    stills, motion = pictures_and_motion(0.5)
    assert dynamic_share(stills + motion, SHOTS) == pytest.approx(motion.var() / (stills.var() + motion.var()))


@pytest.mark.parametrize("level", [0.1, 77.7])
def test_a_still_movie_has_no_dynamic_part_at_all(level):
    stills = np.full((30, 6, 8), level, dtype=np.float32) * np.arange(1, 9, dtype=np.float32)
    assert not dynamic_part(stills, SHOTS).any()
    assert dynamic_share(stills, SHOTS) == 0
    assert np.isnan(dynamic_correlation(random_movie(3), stills, SHOTS))
    assert dynamic_correlation(stills, random_movie(3), SHOTS) == 0


def test_each_part_is_scored_without_the_other():
    stills, motion = pictures_and_motion(1.0)
    other_motion = motion[:, ::-1, ::-1]
    assert static_correlation(stills + other_motion, stills + motion, SHOTS) == pytest.approx(1)
    assert abs(dynamic_correlation(stills + other_motion, stills + motion, SHOTS)) < 0.1
    assert dynamic_correlation(motion - 5 * stills, motion + stills, SHOTS) == pytest.approx(1)


def test_the_video_correlation_is_the_parts_weighted_by_their_spread():
    found, truth = random_movie(4), random_movie(5)
    share = dynamic_share(found, SHOTS), dynamic_share(truth, SHOTS)
    moving = np.sqrt(share[0] * share[1]) * dynamic_correlation(found, truth, SHOTS)
    still = np.sqrt((1 - share[0]) * (1 - share[1])) * static_correlation(found, truth, SHOTS)
    assert moving + still == pytest.approx(video_correlation(found, truth), abs=1e-9)


def test_shots_of_one_frame_are_all_static():
    movie = random_movie(6)
    assert not dynamic_part(movie, np.arange(30)).any()


def test_the_pattern_knows_nothing_of_brightness():
    truth, brightness = random_movie(7), np.random.default_rng(8).uniform(-50, 50, (30, 1, 1))
    assert pattern_correlation(3 * truth + brightness, truth) == pytest.approx(1)
    assert pattern_correlation(np.broadcast_to(truth.mean(axis=(1, 2), keepdims=True), truth.shape), truth) == 0
    assert np.isnan(pattern_correlation(truth, np.broadcast_to(brightness, truth.shape)))


def test_the_pattern_is_that_inside_the_region_whatever_lies_outside():
    movie, region = random_movie(9), np.zeros((6, 8), dtype=bool)
    region[1:4, 2:7] = True
    inside = pattern(movie, region)
    assert inside.shape == (30, 15)
    np.testing.assert_allclose(inside.mean(axis=1), 0, atol=1e-9)
    np.testing.assert_allclose(inside, pattern(np.where(region, movie, 255), region))
    spoiled = np.where(region, movie, 0)
    assert pattern_correlation(spoiled, movie, region) == pytest.approx(1)


def test_the_video_correlation_is_brightness_and_pattern_weighted_by_their_spread():
    found, truth = random_movie(10), random_movie(11)
    spread = [pattern(movie).std() / movie.astype(float).std() for movie in (found, truth)]
    bright = [movie.mean(axis=(1, 2), keepdims=True) + 0 * movie for movie in (found, truth)]
    rest = [np.sqrt(1 - share**2) for share in spread]
    whole = spread[0] * spread[1] * pattern_correlation(found, truth) + rest[0] * rest[1] * video_correlation(*bright)
    assert whole == pytest.approx(video_correlation(found, truth), abs=1e-6)
