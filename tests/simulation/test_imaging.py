import numpy as np
import pytest
import torch

from reverie.simulation.cells import TruthConfig
from reverie.simulation.imaging import Indicator, Neuropil, calcium_kernel, smear

SCANNED = TruthConfig(calcium_frames=1.0, scan_hertz=8.0)


def test_calcium_smears_and_keeps_the_sum():
    kernel = calcium_kernel(1.5)
    assert kernel.sum() == pytest.approx(1.0)
    assert kernel[-1] / kernel[-2] == pytest.approx(np.exp(1 / 1.5))
    assert calcium_kernel(0.0).tolist() == [1.0]
    events = torch.zeros(1, 1, 20)
    events[0, 0, 10] = 3.0
    np.testing.assert_allclose(smear(events, kernel)[0, 0, 10 - len(kernel) + 1 : 11], 3.0 * kernel.flip(0), rtol=1e-6)


def test_expected_responses_are_the_mean_of_observed_ones():
    indicator = Indicator(SCANNED, np.array([0.0, 0.3, 0.9]))
    rates = (2 + 2 * np.sin(np.arange(40 + indicator.lead) / 4)).astype(np.float32)
    events, generator = np.repeat(rates[None], 3, axis=0), np.random.default_rng(0)
    observed = np.mean([indicator.observe(events, generator) for _ in range(1500)], axis=0)
    expected = indicator(torch.from_numpy(events)[None])[0]
    assert observed.shape == (3, 40)
    np.testing.assert_allclose(observed, expected, atol=0.1)


def test_neurons_that_the_scan_meets_early_are_filed_late():
    indicator = Indicator(SCANNED, np.array([0.0, 0.5, 1.0]))
    kernels = indicator.get_buffer("kernels").numpy()[:, ::-1]
    delays = kernels @ np.arange(kernels.shape[1])
    np.testing.assert_allclose(np.diff(delays), -30 / 8 / 2, rtol=0.02)
    np.testing.assert_allclose(kernels.sum(axis=1), 1.0, rtol=1e-5)


def test_a_scan_holds_what_it_saw_until_it_comes_again():
    indicator = Indicator(TruthConfig(calcium_frames=0.0, scan_hertz=6.0), np.zeros(1))
    events = np.random.default_rng(0).uniform(size=(1, 200)).astype(np.float32)
    observed = indicator.observe(events, np.random.default_rng(1))[0]
    changes = np.flatnonzero(np.diff(observed) != 0)
    np.testing.assert_array_equal(np.diff(changes), 5)
    assert observed.mean() == pytest.approx(0.5, abs=0.05)


def test_where_nothing_happens_the_scan_sees_nothing():
    indicator = Indicator(SCANNED, np.linspace(0, 1, 50))
    generator = np.random.default_rng(0)
    events = (100 * generator.standard_exponential((50, 1500)) * (generator.random((50, 1500)) < 0.02)).astype(
        np.float32
    )
    observed = indicator.observe(events, generator)
    assert observed.min() == 0
    assert observed[observed > 0].min() > 1e-6
    assert (observed == 0).mean() > 0.5


def test_powers_say_how_much_of_the_variance_is_left():
    indicator = Indicator(SCANNED, np.array([0.2]))
    generator = np.random.default_rng(0)
    events = generator.standard_normal((1, 60_000)).astype(np.float32)
    observed = np.concatenate([indicator.observe(part, generator)[0] for part in np.split(events, 20, axis=1)])
    assert observed.var() == pytest.approx(float(indicator.get_buffer("powers")[0]), rel=0.05)


@pytest.fixture(scope="module")
def cell_positions() -> np.ndarray:
    generator = np.random.default_rng(0)
    return np.concatenate([generator.uniform(0, 900, (300, 2)), generator.uniform(150, 400, (300, 1))], axis=1)


def test_neuropil_is_its_share_of_the_activity_around(cell_positions: np.ndarray):
    neuropil, means = Neuropil(0.2, cell_positions), torch.linspace(1, 3, 300)[:, None]
    np.testing.assert_allclose(
        neuropil(means[None].expand(1, 300, 5), means)[0], (0.2 * means).expand(300, 5), rtol=1e-4
    )


def test_it_comes_from_near_and_not_from_far(cell_positions: np.ndarray):
    neuropil, means = Neuropil(0.2, cell_positions), torch.ones(300, 1)
    active = torch.zeros(1, 300, 1)
    active[0, 7] = 300.0
    leaked = neuropil(active, means)[0, :, 0].numpy()
    distance = np.linalg.norm(cell_positions[:, :2] - cell_positions[7, :2], axis=1)
    assert leaked[distance < 100].min() > 10 * leaked[distance > 700].max()
