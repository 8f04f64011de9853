"""Toy animals for the tests of training: linear-nonlinear neurons that watch smooth noise."""

import numpy as np
from scipy.ndimage import gaussian_filter

from reverie.recordings.recording import Recording
from reverie.recordings.splits import Split
from reverie.recordings.trial import Trial

HEIGHT, WIDTH = 12, 16


def smooth_noise(frames: int, generator: np.random.Generator) -> np.ndarray:
    """Noise a little smooth in space and time, grey levels 0-255."""
    noise = gaussian_filter(generator.standard_normal((frames, HEIGHT, WIDTH)), (1.0, 1.0, 1.0))
    return np.clip(127.5 + 57 * noise / noise.std(), 0, 255).astype(np.float32)


def toy_recording(
    name: str = "toy", *, neurons: int = 12, trials: int = 12, frames: int = 120, seed: int = 0, noisy: bool = True
) -> Recording:
    """Neurons with one Gaussian spot as filter, a short temporal kernel, a rectifier, a running gain, Poisson noise."""
    truth, generator = np.random.default_rng(seed + 100), np.random.default_rng(seed)
    rows, columns = truth.uniform(2, HEIGHT - 3, neurons), truth.uniform(2, WIDTH - 3, neurons)
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    spots = np.exp(-((y - rows[:, None, None]) ** 2 + (x - columns[:, None, None]) ** 2) / (2 * 1.5**2))
    spots *= truth.choice([-1.0, 1.0], neurons)[:, None, None] / np.sqrt((spots**2).sum((1, 2)))[:, None, None]
    scale = truth.lognormal(0, 0.5, neurons)[:, None]
    kernel = np.array([0.2, 0.6, 1.0, 0.4])
    held = []
    for number in range(trials):
        movie = smooth_noise(frames, generator)
        drive = np.einsum("thw,nhw->nt", (movie - 127.5) / 57, spots)
        drive = np.stack([np.convolve(row, kernel)[:frames] for row in drive])
        state = np.stack([gaussian_filter(generator.standard_normal(frames), 10.0) * 30 + 50 for _ in range(4)])
        rates = scale * np.maximum(drive, 0) * np.exp(0.3 * np.tanh((state[1] - 50) / 5))
        responses = generator.poisson(rates) if noisy else rates
        tier = "train" if number < trials - 2 else "oracle"
        held.append(Trial(str(number), tier, movie, state.astype(np.float32), responses.astype(np.float32)))
    return Recording.from_trials(name, held)


def toy_split(recording: Recording) -> Split:
    names = tuple(recording.tiers)
    return Split(names[:-2], names[-2:], {})


def trials_of(recording: Recording) -> list[Trial]:
    """All trials of an animal, in order."""
    return [recording.trial(name) for name in recording.tiers]
