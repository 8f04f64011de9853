import numpy as np
import pytest

from reverie.simulation.noise import SessionNoise
from reverie.simulation.session import Session

TRIALS = tuple(map(str, range(80)))
CENTRES = np.random.default_rng(0).uniform(0, 30, (60, 2))
MEANS = np.ones(60)


def gains(noise: SessionNoise, rates: np.ndarray | None = None) -> np.ndarray:
    """What multiplies steady rates: (trial, neuron, frame)."""
    session = Session(noise, CENTRES, TRIALS, np.random.default_rng(1))
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
    session = Session(noise, CENTRES, TRIALS, np.random.default_rng(1))
    in_order = np.log(gains(noise)[:, :, 0])[np.argsort([session.places[trial] for trial in TRIALS])]
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
