import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from reverie.scoring.correlation import video_correlation
from reverie.scoring.parts import (
    dynamic_correlation,
    dynamic_part,
    dynamic_share,
    pattern,
    pattern_correlation,
    shot_starts,
    static_correlation,
    static_part,
)
from reverie.stimuli.footage import embedded_clips
from reverie.stimuli.video import read_movie

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


def panorama(seed: int, length: int = 400, roughness: float = 2.0) -> np.ndarray:
    """One wide smooth random picture with a contrast like that of footage."""
    picture = gaussian_filter(np.random.default_rng(seed).normal(size=(36, length)), roughness)
    return np.clip(110 + 50 * picture / picture.std(), 0, 255).astype(np.float32)


def camera(seed: int, frames: int, speed: int, roughness: float = 2.0) -> np.ndarray:
    """A camera that pans over a panorama by ``speed`` pixels a frame."""
    picture = panorama(seed, 64 + speed * frames, roughness)
    return np.stack([picture[:, speed * t : speed * t + 64] for t in range(frames)])


@pytest.mark.parametrize("speeds", [(0, 0, 0, 0), (1, 0, 2, 1), (1, 1, 1, 1)])
def test_planted_cuts_are_found_and_nothing_else(speeds):
    lengths = (45, 12, 80, 30)
    scenes = zip(lengths, speeds, strict=True)
    movie = np.concatenate([camera(seed, frames, speed) for seed, (frames, speed) in enumerate(scenes)])
    assert shot_starts(movie).tolist() == [0, 45, 57, 137]


@pytest.mark.parametrize("level", [1.0, 5.0])
def test_cuts_are_found_through_noise(level):
    movie = np.concatenate([camera(seed, 40, 1) for seed in range(5)])
    noisy = movie + level * np.random.default_rng(0).normal(size=movie.shape).astype(np.float32)
    assert shot_starts(noisy).tolist() == [0, 40, 80, 120, 160]


@pytest.mark.parametrize("speed", [1, 3, 8])
@pytest.mark.parametrize("held", [1, 2, 3])
def test_motion_is_no_cut_however_fast_even_when_frames_are_held(speed, held):
    movie = np.repeat(camera(1, 120 // held, speed), held, axis=0)
    assert shot_starts(movie).tolist() == [0]


def test_still_noisy_flickering_and_blank_clips_have_no_cuts():
    generator = np.random.default_rng(3)
    still = np.repeat(camera(2, 1, 0), 100, axis=0)
    noise = generator.uniform(0, 255, (100, 36, 64)).astype(np.float32)
    flicker = np.where(np.arange(100) % 6 < 3, 60, 200).astype(np.float32)[:, None, None] * np.ones((1, 36, 64), "f4")
    blank = 127 + generator.normal(0, 1, (100, 36, 64)).astype(np.float32)
    for movie in (still, noise, flicker, blank):
        assert shot_starts(movie).tolist() == [0]


def test_a_small_thing_appearing_is_no_cut():
    movie = np.full((90, 36, 64), 127.5, dtype=np.float32)
    movie[30:60, 10:13, 20:23] = 255
    assert shot_starts(movie).tolist() == [0]


def test_cuts_from_and_to_a_blank_screen_are_found():
    movie = np.concatenate([np.full((30, 36, 64), 127.5, dtype=np.float32), camera(4, 30, 1)])
    assert shot_starts(movie).tolist() == [0, 30]
    assert shot_starts(movie[::-1]).tolist() == [0, 30]


def test_brightness_and_contrast_of_the_movie_change_no_cut():
    movie = np.concatenate([camera(seed, 40, 1) for seed in range(3)])
    assert shot_starts(movie * 0.3 + 10).tolist() == shot_starts(movie).tolist() == [0, 40, 80]


@pytest.mark.parametrize("frames", [1, 2, 5])
def test_very_short_clips(frames):
    assert shot_starts(camera(5, frames, 1)).tolist() == [0]


def test_the_cuts_of_real_footage_at_the_screen_rate():
    clips = embedded_clips()
    # Seen by eye in the 25 Hz file: new shots at frames 30, 76, 137, 187 and 242.
    expected = np.array([0, 30, 76, 137, 187, 242]) * 30 / 25
    assert shot_starts(read_movie(clips["bikes"])) == pytest.approx(expected, abs=1)
    assert shot_starts(read_movie(clips["carphone_pristine"])).tolist() == [0]
