import numpy as np
import pytest

from reverie.simulation.cells import animal_generator
from reverie.simulation.population import MEMORY, Population, SimulatedTruthConfig, draw_population

SIZE = (36, 64)


@pytest.fixture(scope="module")
def population() -> Population:
    return draw_population(SimulatedTruthConfig(), 500, SIZE, np.random.default_rng(0))


def test_receptive_fields_crowd_in_the_middle_and_thin_out(population: Population):
    distance = np.hypot(population.rows - 17.5, population.columns - 31.5)
    middle = np.count_nonzero(distance < 6) / (np.pi * 6**2)
    border = np.count_nonzero(distance > 20) / (36 * 64 - np.pi * 20**2 * 0.93)
    assert middle > 4 * border > 0
    assert population.rows.min() >= -0.5
    assert population.columns.max() <= 63.5


def test_spatial_frequencies_are_mostly_low(population: Population):
    power = np.abs(np.fft.fft2(population.filters[:, 0], s=(128, 128))) ** 2
    cycles = np.hypot(np.fft.fftfreq(128)[:, None], np.fft.fftfreq(128)[None]) / 3.4
    best = cycles.ravel()[power.reshape(len(power), -1).argmax(axis=1)]
    low, median, high = np.percentile(best, [25, 50, 75])
    assert low < 0.015
    assert 0.01 < median < 0.04
    assert 0.03 < high < 0.08


def test_filters_have_unit_norm_and_no_tails(population: Population):
    np.testing.assert_allclose((population.filters**2).sum(axis=(1, 2, 3)), 1.0, rtol=1e-5)
    sizes = np.abs(population.filters.astype(np.float32))
    assert np.count_nonzero((sizes > 0) & (sizes < np.finfo(np.float32).tiny)) == 0
    assert (sizes == 0).mean() > 0.6


def test_kernels_see_the_past_only_and_range_from_sustained_to_transient(population: Population):
    main = population.kernels[:, 0, 0]
    assert main.shape == (500, MEMORY)
    assert np.all(population.kernels[..., -1] == 0)
    balance = main.sum(axis=1) / np.abs(main).sum(axis=1)
    assert np.percentile(balance, 10) < 0.3
    assert np.percentile(balance, 90) > 0.8


def test_cells_are_of_several_kinds(population: Population):
    blobs = (population.filters[:, 1] == 0).all(axis=(1, 2))
    assert 0.15 < blobs.mean() < 0.35
    assert 0.15 < population.complex_cells.mean() < 0.4
    assert not (blobs & population.complex_cells).any()


def test_mean_rates_are_log_normal_over_neurons(population: Population):
    logs = np.log(population.means)
    assert np.exp(np.median(logs)) == pytest.approx(2.2, rel=0.15)
    assert logs.std() == pytest.approx(0.82, rel=0.15)


def test_an_animal_is_its_seed_and_name():
    draws = [animal_generator(*who).uniform() for who in [(1, "a"), (1, "a"), (2, "a"), (1, "b")]]
    assert draws[0] == draws[1]
    assert len(set(draws)) == 3
