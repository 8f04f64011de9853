import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from reverie.scoring.shots import shot_starts
from reverie.stimuli.embedded import embedded_clips
from reverie.stimuli.video import read_movie


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
