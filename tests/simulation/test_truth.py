from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter
from tests.worlds import looking

from reverie.encoders.checkpoints import load_encoder, save_encoder
from reverie.foundation.errors import ReverieError
from reverie.simulation.cells import animal_generator
from reverie.simulation.truth import (
    MEMORY,
    GaborCells,
    LocalContrast,
    SimulatedTruth,
    SimulatedTruthConfig,
    draw_gabor_cells,
)
from reverie.stimuli.synthetic import drifting_grating

SIZE = (36, 64)


@pytest.fixture(scope="module")
def population() -> GaborCells:
    return draw_gabor_cells(SimulatedTruthConfig(), 500, SIZE, np.random.default_rng(0))


def test_receptive_fields_crowd_in_the_middle_and_thin_out(population: GaborCells):
    distance = np.hypot(population.rows - 17.5, population.columns - 31.5)
    middle = np.count_nonzero(distance < 6) / (np.pi * 6**2)
    border = np.count_nonzero(distance > 20) / (36 * 64 - np.pi * 20**2 * 0.93)
    assert middle > 4 * border > 0
    assert population.rows.min() >= -0.5
    assert population.columns.max() <= 63.5


def test_spatial_frequencies_are_mostly_low(population: GaborCells):
    power = np.abs(np.fft.fft2(population.filters[:, 0], s=(128, 128))) ** 2
    cycles = np.hypot(np.fft.fftfreq(128)[:, None], np.fft.fftfreq(128)[None]) / 3.4
    best = cycles.ravel()[power.reshape(len(power), -1).argmax(axis=1)]
    low, median, high = np.percentile(best, [25, 50, 75])
    assert low < 0.015
    assert 0.01 < median < 0.04
    assert 0.03 < high < 0.08


def test_filters_have_unit_norm_and_no_tails(population: GaborCells):
    np.testing.assert_allclose((population.filters**2).sum(axis=(1, 2, 3)), 1.0, rtol=1e-5)
    sizes = np.abs(population.filters.astype(np.float32))
    assert np.count_nonzero((sizes > 0) & (sizes < np.finfo(np.float32).tiny)) == 0
    assert (sizes == 0).mean() > 0.6


def test_kernels_see_the_past_only_and_range_from_sustained_to_transient(population: GaborCells):
    main = population.kernels[:, 0, 0]
    assert main.shape == (500, MEMORY)
    assert np.all(population.kernels[..., -1] == 0)
    balance = main.sum(axis=1) / np.abs(main).sum(axis=1)
    assert np.percentile(balance, 10) < 0.3
    assert np.percentile(balance, 90) > 0.8


def test_cells_are_of_several_kinds(population: GaborCells):
    blobs = (population.filters[:, 1] == 0).all(axis=(1, 2))
    assert 0.15 < blobs.mean() < 0.35
    assert 0.15 < population.complex_cells.mean() < 0.4
    assert not (blobs & population.complex_cells).any()


def test_mean_rates_are_log_normal_over_neurons(population: GaborCells):
    logs = np.log(population.means)
    assert np.exp(np.median(logs)) == pytest.approx(2.2, rel=0.15)
    assert logs.std() == pytest.approx(0.82, rel=0.15)


def test_an_animal_is_its_seed_and_name():
    draws = [animal_generator(*who).uniform() for who in [(1, "a"), (1, "a"), (2, "a"), (1, "b")]]
    assert draws[0] == draws[1]
    assert len(set(draws)) == 3


def factor(pixels: torch.Tensor) -> torch.Tensor:
    """Factors of a neuron in the middle and one in a corner."""
    contrast = LocalContrast(0.2, np.array([12.0, 0.0]), np.array([12.0, 0.0]), (24, 24))
    return contrast(pixels.flatten(2))


def test_a_blank_screen_of_any_grey_divides_by_the_constant_alone():
    for level in (0.0, 0.5, -0.9):
        np.testing.assert_allclose(factor(torch.full((1, MEMORY, 24, 24), level)), 1 / 0.2, rtol=0.01)


def test_noise_divides_by_its_own_contrast():
    noise = 0.4 * torch.randn(1, MEMORY + 40, 24, 24, generator=torch.Generator().manual_seed(0))
    np.testing.assert_allclose(factor(noise).mean(dim=2)[0], 1 / (0.2 + 0.4), rtol=0.05)


def test_contrast_far_away_does_not_count():
    pixels = torch.zeros(1, MEMORY, 24, 24)
    pixels[..., -3:, -3:] = torch.randn(3, 3, generator=torch.Generator().manual_seed(0))
    middle, corner = factor(pixels)[0, :, 0]
    assert corner == pytest.approx(5.0, rel=0.02)
    assert middle < corner


def rates_of(truth: SimulatedTruth, movie: np.ndarray, state: torch.Tensor | None = None) -> torch.Tensor:
    with torch.no_grad():
        return truth(torch.from_numpy(movie)[None], looking(len(movie)) if state is None else state, "ada")[0]


def test_a_changed_frame_reaches_exactly_as_far_as_the_history(truth: SimulatedTruth, movies: list[np.ndarray]):
    movie = movies[0][:60]
    changed = movie.copy()
    changed[20] = 255 - changed[20]
    difference = (rates_of(truth, movie) - rates_of(truth, changed)).abs().amax(dim=0)
    assert difference[:20].max() == 0
    assert difference[20 + truth.history + 1 :].max() == 0
    assert difference[20 + truth.history] > 0
    assert difference[22] > 0


def test_a_clip_starts_as_if_grey_came_before(truth: SimulatedTruth, movies: list[np.ndarray]):
    movie = movies[1][:30]
    grey = np.full((truth.history + 5, 36, 64), 127.5, dtype=np.float32)
    with_grey = rates_of(truth, np.concatenate([grey, movie]))
    np.testing.assert_allclose(with_grey[:, len(grey) :], rates_of(truth, movie), rtol=1e-4, atol=1e-4)


def test_clips_of_a_batch_do_not_mix(truth: SimulatedTruth, movies: list[np.ndarray]):
    pair = torch.from_numpy(np.stack([movies[0][:25], movies[1][:25]]))
    together = truth(pair, looking(25, batch=2), "bo")
    apart = torch.cat([truth(pair[i : i + 1], looking(25), "bo") for i in range(2)])
    assert together.shape == (2, 60, 25)
    np.testing.assert_allclose(together, apart, rtol=1e-4, atol=1e-4)


def test_gradients_agree_with_finite_differences():
    truth = SimulatedTruth(SimulatedTruthConfig(seed=3), {"m": 8}, (12, 16)).double()
    generator = torch.Generator().manual_seed(0)
    movie = (255 * torch.rand(1, 18, 12, 16, generator=generator)).double().requires_grad_()
    state = looking(18).double()
    weights = torch.rand(8, 18, generator=generator).double()

    def total(clip: torch.Tensor) -> torch.Tensor:
        return (truth(clip, state, "m")[0] * weights).sum()

    (gradient,) = torch.autograd.grad(total(movie), movie)
    for _ in range(5):
        direction = torch.randn(movie.shape, generator=generator).double()
        step = 1e-5 * direction
        slope = (total(movie + step) - total(movie - step)) / 2e-5
        assert float(slope.detach()) == pytest.approx(float((gradient * direction).sum()), rel=1e-5)


def test_the_seed_and_the_name_decide_the_neurons(movies: list[np.ndarray]):
    def rates(seed: int, mice: dict[str, int], mouse: str) -> np.ndarray:
        truth = SimulatedTruth(SimulatedTruthConfig(seed=seed), mice, (36, 64))
        with torch.no_grad():
            return truth(torch.from_numpy(movies[0][:20])[None], looking(20), mouse)[0].numpy()

    first = rates(1, {"x": 30}, "x")
    np.testing.assert_array_equal(first, rates(1, {"other": 5, "x": 30}, "x"))
    assert np.abs(first - rates(2, {"x": 30}, "x")).max() > 0.1
    assert np.abs(first - rates(1, {"y": 30}, "y")).max() > 0.1


def test_saved_and_loaded_it_is_the_same(
    truth: SimulatedTruth, movies: list[np.ndarray], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    save_encoder(truth, tmp_path / "truth")
    monkeypatch.setattr("reverie.simulation.true_encoder.calibration_movie", None)  # slow, and not needed any more
    again = load_encoder(tmp_path / "truth")
    assert isinstance(again, SimulatedTruth)
    assert again.config == truth.config
    np.testing.assert_array_equal(rates_of(truth, movies[0][:30]), rates_of(again, movies[0][:30]))


def test_running_and_wide_pupils_raise_the_rates_modestly(truth: SimulatedTruth, movies: list[np.ndarray]):
    movie = movies[0][:60]
    resting = rates_of(truth, movie).mean(dim=1)
    for row, value in ((0, 80.0), (1, 20.0)):
        state = looking(60).clone()
        state[:, row] = value
        ratio = rates_of(truth, movie, state).mean(dim=1) / resting
        assert 1.05 < ratio.mean() < 1.6
        assert ratio.std() > 0.02


def test_gaze_changes_nothing(truth: SimulatedTruth, movies: list[np.ndarray]):
    state = looking(30).clone()
    state[:, 2:] = 10.0
    np.testing.assert_array_equal(rates_of(truth, movies[0][:30]), rates_of(truth, movies[0][:30], state))


def test_the_middle_of_the_screen_counts_more_than_its_edge(truth: SimulatedTruth, movies: list[np.ndarray]):
    movie = torch.from_numpy(np.stack([clip[:40] for clip in movies[:4]])).requires_grad_()
    truth(movie, looking(40, batch=4), "ada").square().mean().sqrt().backward()
    sensitivity = movie.grad.square().mean(dim=(0, 1)).sqrt()
    rows, columns = np.mgrid[:36, :64]
    distance = np.hypot(rows - 17.5, columns - 31.5)
    assert sensitivity[distance < 9].mean() > 4 * sensitivity[distance > 27].mean()


def test_mean_rates_come_out_as_drawn(truth: SimulatedTruth, movies: list[np.ndarray]):
    rates = torch.cat([rates_of(truth, movie) for movie in movies], dim=1).mean(dim=1)
    aimed = truth.animal("ada").get_buffer("means")[:, 0]
    ratio = (rates / aimed).log()
    assert ratio.median().abs() < 0.25
    assert ratio.std() < 0.8


def test_more_contrast_is_compressed(truth: SimulatedTruth):
    animal = truth.animal("ada")
    grating = drifting_grating(60, direction=30.0, cycles_per_degree=0.03, hertz=2.0, wave="sine")
    strong = torch.from_numpy(grating)[None]
    faint = 127.5 + 0.25 * (strong - 127.5)
    ratio = (animal.drive(strong).std(dim=2) / animal.drive(faint).std(dim=2)).median()
    assert 1.2 < ratio < 2.8


def test_simple_cells_follow_the_bars_and_complex_cells_the_presence(truth: SimulatedTruth):
    animal = truth.animal("ada")
    grating = drifting_grating(135, direction=0.0, cycles_per_degree=0.03, hertz=2.0, wave="sine")
    drive = animal.drive(torch.from_numpy(grating)[None])[0, :, :120]
    spectrum = torch.fft.rfft(drive, dim=1).abs()
    at_grating, at_double = spectrum[:, 8], spectrum[:, 16]
    is_complex = animal.get_buffer("is_complex")[:, 0] > 0
    driven = drive.abs().mean(dim=1) > 0.2
    assert (at_grating > at_double)[driven & ~is_complex].float().mean() > 0.95
    assert (at_grating < spectrum[:, 0])[driven & is_complex].float().mean() > 0.95


def test_the_movie_can_be_found_again_from_the_rates(movies: list[np.ndarray]):
    truth = SimulatedTruth(SimulatedTruthConfig(seed=5), {"m": 1000}, (36, 64)).eval()
    movie = torch.from_numpy(movies[1][:45])[None]
    with torch.no_grad():
        goal = truth(movie, looking(45), "m")
    found, momentum = torch.full_like(movie, 127.5), torch.zeros_like(movie)
    for _ in range(40):
        found.requires_grad_()
        rates = truth(found, looking(45), "m")
        (gradient,) = torch.autograd.grad((rates - goal * torch.log(rates)).mean(), found)
        momentum = 0.9 * momentum + 0.1 * gradient / gradient.norm()
        found = (found.detach() - 1500 * momentum).clamp(0, 255)
    rows, columns = np.mgrid[:36, :64]
    seen = np.hypot(rows - 17.5, columns - 31.5) < 9
    # The last frames have hardly been answered yet.
    pair = [clip[5:40, seen].ravel() for clip in (movie[0].numpy(), gaussian_filter(found[0].numpy(), 0.5))]
    assert np.corrcoef(*pair)[0, 1] > 0.8


def test_no_animals_and_unknown_animals_are_refused(truth: SimulatedTruth):
    with pytest.raises(ReverieError, match="animals with neurons"):
        SimulatedTruth(SimulatedTruthConfig(), {"m": 0}, (36, 64))
    with pytest.raises(ReverieError, match="no readout for animal 'eve'"):
        truth(torch.zeros(1, 5, 36, 64), looking(5), "eve")
