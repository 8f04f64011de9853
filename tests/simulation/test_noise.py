import numpy as np
import pytest
import torch

from reverie.foundation.errors import ReverieError
from reverie.simulation.cells import TruthConfig
from reverie.simulation.imaging import Indicator, calcium_kernel, smear
from reverie.simulation.noise import SessionGains, SessionNoise, draw_responses

CALCIUM = calcium_kernel(1.5).numpy()
INSTANT = Indicator(TruthConfig(calcium_frames=0.0), np.zeros(1))
INDICATOR = Indicator(TruthConfig(), np.zeros(1))


@pytest.mark.parametrize("level", [1.0, 12.0, 36.0])
def test_expectation_is_the_rate_and_variance_is_as_promised(level: float):
    means = np.array([0.5, 2.0, 8.0])
    rates = np.repeat((means * [0.5, 1.0, 3.0])[:, None], 400_000, axis=1).astype(np.float32)
    responses = draw_responses(rates, means, INDICATOR, SessionNoise(level=level), np.random.default_rng(0))
    np.testing.assert_allclose(responses.mean(axis=1), rates[:, 0], rtol=0.06)
    np.testing.assert_allclose(responses.var(axis=1), level * means * rates[:, 0], rtol=0.15)
    assert responses.min() >= 0


def test_rates_that_change_are_followed_frame_by_frame():
    frames = 30 + len(CALCIUM) - 1
    rates = (2 + 2 * np.sin(np.arange(frames) / 3)).astype(np.float32)
    trials = np.repeat(rates[None], 60_000, axis=0)
    responses = draw_responses(
        trials, np.full(60_000, 2.0), INDICATOR, SessionNoise(level=12.0), np.random.default_rng(1)
    )
    expected = smear(torch.from_numpy(rates)[None, None], torch.from_numpy(CALCIUM))[0, 0]
    np.testing.assert_allclose(responses.mean(axis=0), expected, atol=0.1)


def test_no_noise_gives_the_rates():
    rates = np.random.default_rng(0).uniform(0, 5, (4, 40)).astype(np.float32)
    responses = draw_responses(rates, np.ones(4), INDICATOR, SessionNoise(level=0.0), np.random.default_rng(0))
    np.testing.assert_allclose(responses, smear(torch.from_numpy(rates)[None], torch.from_numpy(CALCIUM))[0], rtol=1e-5)


def test_most_responses_are_zero_and_noise_lasts_a_few_frames():
    rates = np.full((50, 20_000), 2.0, dtype=np.float32)
    responses = draw_responses(rates, np.full(50, 2.0), INDICATOR, SessionNoise(level=12.0), np.random.default_rng(2))
    centred = responses - 2.0
    assert 0.65 < (responses == 0).mean() < 0.85
    assert (centred[:, 1:] * centred[:, :-1]).mean() / centred.var() == pytest.approx(0.51, abs=0.05)
    assert abs((centred[:, 6:] * centred[:, :-6]).mean() / centred.var()) < 0.03


def test_sizes_that_carry_signal_leave_the_expectation_alone():
    rates = np.repeat(np.array([[0.1], [0.4], [1.6]]), 400_000, axis=1).astype(np.float32)
    mean = np.full(3, 2.0)
    plain, telling = (
        draw_responses(rates, mean, INSTANT, SessionNoise(24.0, size_signal=signal), np.random.default_rng(3))
        for signal in (0.0, 0.4)
    )
    sizes = [[row[row > 0].mean() for row in drawn] for drawn in (plain, telling)]
    np.testing.assert_allclose(telling.mean(axis=1), rates[:, 0], rtol=0.05)
    assert sizes[0][2] / sizes[0][0] < 1.3
    assert sizes[1][2] / sizes[1][0] > 2.0


def test_impossible_noise_is_refused():
    for wrong in ({"level": -1.0}, {"shared": float("nan")}, {"size_signal": 1.5}, {"tuning_drift": 1.5}):
        (name,) = wrong
        with pytest.raises(ReverieError, match=f"{name} is .* but must be "):
            SessionNoise(**wrong)


TRIALS = tuple(map(str, range(80)))
CENTRES = np.random.default_rng(0).uniform(0, 30, (60, 2))
MEANS = np.ones(60)


def gains(noise: SessionNoise, rates: np.ndarray | None = None) -> np.ndarray:
    """What multiplies steady rates: (trial, neuron, frame)."""
    session = SessionGains(noise, CENTRES, TRIALS, np.random.default_rng(1))
    steady = np.ones((60, 90), dtype=np.float32) if rates is None else rates
    return np.stack([session.modulated(steady, MEANS, trial, np.random.default_rng(int(trial))) for trial in TRIALS])


def test_shared_gains_are_of_low_rank_average_one_and_are_slow_and_fast():
    log_gain = np.log(gains(SessionNoise(shared=0.4)))
    flat = log_gain.transpose(1, 0, 2).reshape(60, -1)
    centred = flat - flat.mean(axis=1, keepdims=True)
    power = np.linalg.svd(centred, compute_uv=False) ** 2
    assert power[:6].sum() / power.sum() > 0.999
    assert centred.std() == pytest.approx(0.4, rel=0.2)
    assert gains(SessionNoise(shared=0.4)).mean() == pytest.approx(1.0, abs=0.15)
    between, within = log_gain.mean(axis=2).var(axis=0).mean(), log_gain.var(axis=2).mean()
    assert 0.4 < between / within < 2.0
    assert np.corrcoef(log_gain[:, :, 30:].reshape(-1, 60).T)[np.triu_indices(60, 1)].mean() > 0.3


def test_gains_drift_from_one_end_of_the_session_to_the_other():
    noise = SessionNoise(gain_drift=0.3)
    session = SessionGains(noise, CENTRES, TRIALS, np.random.default_rng(1))
    in_order = np.log(gains(noise)[:, :, 0])[np.argsort([session.positions[trial] for trial in TRIALS])]
    assert in_order[-1].std() == pytest.approx(0.3, rel=0.25)
    np.testing.assert_allclose(in_order[-1], -in_order[0], atol=1e-5)
    assert np.abs(np.diff(in_order, axis=0)).max() < 0.05


def test_tuning_drifts_towards_neighbours_and_keeps_the_mean():
    rates = np.random.default_rng(2).exponential(1.0, (60, 90)).astype(np.float32)
    drifted = gains(SessionNoise(tuning_drift=0.6), rates)
    alike = np.array([[np.corrcoef(a, b)[0, 1] for a, b in zip(trial, rates, strict=True)] for trial in drifted])
    assert alike.max(axis=0).min() > 0.99
    assert 0.4 < alike.min() < 0.8
    assert drifted.mean() == pytest.approx(rates.mean(), rel=0.02)


def test_with_nothing_to_change_nothing_changes():
    np.testing.assert_array_equal(gains(SessionNoise()), 1.0)
