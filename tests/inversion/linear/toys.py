"""A toy animal whose movies are linear in its responses, so that a decoder has a truth to recover."""

from dataclasses import replace

import numpy as np
from tests.training.toys import toy_recording, trials_of

from reverie.recordings.trial import Trial


def toy_trials(*, neurons: int = 60, trials: int = 12, frames: int = 90, seed: int = 0, noisy: bool = True):
    """Trials of neurons with one spot each, as in the tests of training."""
    return trials_of(toy_recording(neurons=neurons, trials=trials, frames=frames, seed=seed, noisy=noisy))


def linear_trials(*, neurons: int = 6, trials: int = 8, frames: int = 40, seed: int = 1):
    """Return trials whose frames are a linear map of the responses at the same frame, and that map (neuron, pixel)."""
    generator = np.random.default_rng(seed)
    weights = generator.normal(0, 5, (neurons, 12 * 16))
    made = []
    for number in range(trials):
        responses = generator.uniform(0.0, 2.0, (neurons, frames)).astype(np.float32)
        movie = (127.5 + (responses.T - 1) @ weights).reshape(frames, 12, 16).astype(np.float32)
        made.append(Trial(str(number), "train", movie, np.zeros((4, frames), np.float32), responses))
    return made, weights


def noise_trials(*, neurons: int = 40, trials: int = 14, frames: int = 120, seed: int = 2):
    """Return trials of neurons that see a spot each, of white noise, with a kernel over four frames; counts."""
    generator = np.random.default_rng(seed)
    rows, columns = generator.uniform(2, 10, neurons), generator.uniform(2, 14, neurons)
    down, across = np.mgrid[:12, :16]
    spots = np.exp(-((down - rows[:, None, None]) ** 2 + (across - columns[:, None, None]) ** 2) / 2)
    spots /= np.linalg.norm(spots.reshape(neurons, -1), axis=1)[:, None, None]
    made = []
    for number in range(trials):
        movie = 255 * generator.integers(0, 2, (frames, 12, 16)).astype(np.float32)
        drive = spots.reshape(neurons, -1) @ (movie.reshape(frames, -1).T / 127.5 - 1)
        drive = np.apply_along_axis(np.convolve, 1, drive, np.array([0.0, 0.5, 1.0, -0.7, -0.3]))[:, :frames]
        responses = generator.poisson(np.exp(drive - 0.5)).astype(np.float32)
        made.append(Trial(str(number), "train", movie, np.zeros((4, frames), np.float32), responses))
    return made


def without_responses(trial: Trial) -> Trial:
    """A trial of a test tier."""
    return replace(trial, responses=None)
