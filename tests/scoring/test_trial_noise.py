import numpy as np
import pytest

from reverie.foundation.errors import ReverieError
from reverie.scoring.trial_noise import TrialNoise, fit_trial_noise
from reverie.simulation.cells import TruthConfig
from reverie.simulation.imaging import Indicator
from reverie.simulation.noise import SessionNoise, draw_responses

NOISE = TrialNoise(np.array([4.0, 16.0, 1.5]), 0.5, np.zeros(3))


@pytest.fixture(scope="module")
def changing():
    rates = np.repeat([[0.5], [2.0], [8.0]], 60_000, axis=1) * (1 + 0.5 * np.sin(np.arange(60_000) / 10))
    rates = rates.astype(np.float32)
    return rates, NOISE.draw(rates, np.random.default_rng(0))


def test_trials_scatter_around_the_rates_as_told(changing):
    rates, drawn = changing
    assert drawn.shape == rates.shape
    assert drawn.dtype == np.float32
    assert drawn.min() >= 0
    np.testing.assert_allclose(drawn.mean(axis=1), rates.mean(axis=1), rtol=0.06)
    # At the crests and in the troughs alike: the mean follows the rate, the variance too.
    for high in (True, False):
        some = (rates[0] > rates[0].mean()) == high
        np.testing.assert_allclose(drawn[:, some].mean(axis=1), rates[:, some].mean(axis=1), rtol=0.1)
        ratio = ((drawn - rates)[:, some] ** 2).mean(axis=1) / rates[:, some].mean(axis=1)
        np.testing.assert_allclose(ratio, NOISE.dispersions, rtol=0.25)


def test_noise_of_neighbouring_frames_goes_together_and_fades(changing):
    rates, drawn = changing
    noise = (drawn - rates) / np.sqrt(rates * NOISE.dispersions[:, None])
    correlations = [(noise[:, lag:] * noise[:, : noise.shape[1] - lag]).mean() / noise.var() for lag in (1, 2, 8)]
    np.testing.assert_allclose(correlations, [0.5, 0.25, 0.0], atol=0.06)


def test_fitting_finds_what_was_drawn(changing):
    fitted = fit_trial_noise([changing, changing])
    np.testing.assert_allclose(fitted.dispersions, NOISE.dispersions, rtol=0.1)
    assert fitted.persistence == pytest.approx(0.5, abs=0.05)


def test_the_noise_of_simulated_animals_is_measured():
    indicator, level = Indicator(TruthConfig(), np.zeros(1)), 12.0
    means = np.array([1.0, 4.0])
    events = np.repeat(means[:, None], 100_000, axis=1).astype(np.float32)
    responses = draw_responses(events, means, indicator, SessionNoise(level=level), np.random.default_rng(1))
    fitted = fit_trial_noise([(events[:, : responses.shape[1]], responses)])
    np.testing.assert_allclose(fitted.dispersions, level * means, rtol=0.1)
    assert fitted.persistence == pytest.approx(0.51, abs=0.05)


def test_draws_are_silent_as_often_as_the_recorded_trials():
    generator = np.random.default_rng(2)
    rates = np.repeat([[0.2], [1.0], [3.0]], 30_000, axis=1).astype(np.float32)
    some = generator.random(rates.shape) < np.array([[0.1], [0.4], [1.0]])
    responses = (some * generator.exponential(rates / some.mean(axis=1, keepdims=True))).astype(np.float32)
    drawn = fit_trial_noise([(rates, responses)]).draw(rates, generator)
    np.testing.assert_allclose((drawn > 0).mean(axis=1), (responses > 0).mean(axis=1), atol=0.02)
    np.testing.assert_allclose(drawn.mean(axis=1), rates.mean(axis=1), rtol=0.1)


def test_no_noise_and_silent_neurons_are_no_trouble():
    rates = np.array([[1.0, 2.0, 3.0], [0.0, 0.0, 0.0]], dtype=np.float32)
    fitted = fit_trial_noise([(rates, rates)])
    assert fitted.persistence == 0
    np.testing.assert_allclose(fitted.draw(rates, np.random.default_rng(0)), rates, rtol=0.01, atol=1e-3)


def test_trials_that_do_not_fit_are_refused():
    for trials in ([], [(np.ones((2, 5), np.float32), np.ones((2, 4), np.float32))]):
        with pytest.raises(ReverieError, match="at least one trial"):
            fit_trial_noise(trials)
