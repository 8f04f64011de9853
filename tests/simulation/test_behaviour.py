import numpy as np
import pytest

from reverie.simulation.behaviour import draw_state, draw_temperament


def states(seed: int, trials: int = 60) -> np.ndarray:
    generator = np.random.default_rng(seed)
    temperament = draw_temperament(generator)
    return np.stack([draw_state(300, temperament, generator) for _ in range(trials)])


def test_statistics_lie_where_the_real_ones_do():
    animals = np.stack([states(seed) for seed in range(10)])
    means, spreads = animals.mean(axis=(1, 3)), animals.std(axis=(1, 3))
    assert np.all((means[:, 0] > 44) & (means[:, 0] < 58))
    assert np.all((spreads[:, 0] > 9) & (spreads[:, 0] < 17))
    assert np.all((means[:, 1] > 0.1) & (means[:, 1] < 6.5))
    assert np.all((spreads[:, 1] > 0.8) & (spreads[:, 1] < 9))
    assert np.all(np.median(animals[:, :, 1], axis=(1, 2)) < 0.5)
    assert np.all((means[:, 2:] > 118) & (means[:, 2:] < 157))
    assert np.all((spreads[:, 2:] > 4) & (spreads[:, 2:] < 8))


def test_traces_are_slow():
    trace = states(3)
    centred = trace - trace.mean(axis=2, keepdims=True)
    neighbours = (centred[..., 1:] * centred[..., :-1]).sum(axis=(0, 2)) / (centred**2).sum(axis=(0, 2))
    assert np.all(neighbours > 0.9)


def test_pupils_widen_when_running():
    trace = np.concatenate([states(seed) for seed in range(8)])
    runs = trace[:, 1] > 3
    assert trace[:, 0][runs].mean() > trace[:, 0][~runs].mean() + 2


def test_the_seed_decides_and_nothing_is_negative():
    np.testing.assert_array_equal(states(5, 3), states(5, 3))
    assert np.abs(states(5, 3) - states(6, 3)).max() > 1
    assert states(5).min() >= 0


def test_saccades_are_rare_and_fast_and_leave_the_spread_alone():
    generator = np.random.default_rng(0)
    temperament = draw_temperament(generator)
    gaze = np.stack([draw_state(300, temperament, generator, saccades=0.4)[2] for _ in range(200)])
    assert gaze.std() == pytest.approx(temperament.gaze_spread[0], rel=0.1)
    steps = np.abs(np.diff(gaze, axis=1)) / temperament.gaze_spread[0]
    saccades = steps > 0.5
    assert 0.15 < saccades.sum() / (200 * 10) < 0.5
    assert np.median(steps[~saccades]) < 0.06
    assert (steps[saccades] ** 2).sum() > (steps[~saccades] ** 2).sum()
