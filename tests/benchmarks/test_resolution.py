import numpy as np
import pytest
import torch
from benchmarks.resolution import powers_in_space, powers_in_time, resolution_in_space, resolution_in_time
from scipy.fft import idctn

from reverie.inversion.priors.gaussian import GaussianPrior

SIZE, FRAMES, DEGREES, RATE = (36, 64), 40, 3.4, 30.0

ROWS, COLUMNS = np.indices(SIZE)
DISK = np.hypot(ROWS - 17.5, COLUMNS - 31.5) * DEGREES <= 22.5


def measured(half, in_time, clips=10):
    """Resolution of movies whose power falls with the cube of frequency, found with coherence a half at ``half``."""
    generator = np.random.default_rng(0)
    cycles = np.hypot(np.arange(36)[:, None] / 72, np.arange(64) / 128) / DEGREES
    hertz = np.arange(FRAMES) / (2 * FRAMES) * RATE
    power = (1 / (0.005 + cycles) ** 3)[None] / (0.3 + hertz**2)[:, None, None]
    shares = 1 / (1 + ((hertz[:, None, None] if in_time else cycles) / half) ** 4)
    prior = GaussianPrior(torch.full(SIZE, 100.0), torch.full(SIZE, 2.0), torch.tensor(power, dtype=torch.float32))
    powers = []
    for _ in range(clips):
        truth, noise = np.sqrt(power) * generator.standard_normal((2, *power.shape))
        spectra = shares * truth + np.sqrt(shares * (1 - shares)) * noise, truth
        movies = [100 + 2 * idctn(each, norm="ortho") for each in spectra]
        take = powers_in_time if in_time else powers_in_space
        powers.append(take(*movies, prior, DISK, degrees=DEGREES, frame_rate=RATE))
    return resolution_in_time(powers, FRAMES, RATE) if in_time else resolution_in_space(powers, SIZE, DEGREES)


@pytest.mark.parametrize("half", [0.035, 0.06])
def test_leakage_from_coarse_patterns_is_not_resolution(half):
    assert measured(half, in_time=False) == pytest.approx(half, rel=0.2)


def test_resolution_in_time_is_where_coherence_is_a_half():
    assert measured(2.0, in_time=True) == pytest.approx(2.0, rel=0.25)


def test_where_nothing_is_found_there_is_no_resolution():
    assert np.isnan(measured(0.002, in_time=False))
