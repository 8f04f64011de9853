import numpy as np
import pytest
import torch
from tests.worlds import looking

from reverie.simulation.behaviour import Gaze, draw_behaviour, draw_state
from reverie.simulation.truth import SimulatedTruth, SimulatedTruthConfig


def states(seed: int, trials: int = 60) -> np.ndarray:
    generator = np.random.default_rng(seed)
    behaviour = draw_behaviour(generator)
    return np.stack([draw_state(300, behaviour, generator) for _ in range(trials)])


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
    behaviour = draw_behaviour(generator)
    gaze = np.stack([draw_state(300, behaviour, generator, saccades=0.4)[2] for _ in range(200)])
    assert gaze.std() == pytest.approx(behaviour.gaze_spread[0], rel=0.1)
    steps = np.abs(np.diff(gaze, axis=1)) / behaviour.gaze_spread[0]
    saccades = steps > 0.5
    assert 0.15 < saccades.sum() / (200 * 10) < 0.5
    assert np.median(steps[~saccades]) < 0.06
    assert (steps[saccades] ** 2).sum() > (steps[~saccades] ** 2).sum()


SIZE = (12, 16)


def test_looking_right_by_whole_pixels_shows_what_lies_there():
    eye = Gaze(np.array([[0.0, 0.5], [0.25, 0.0]]), (140.0, 130.0))
    movie = 255 * torch.rand(1, 3, *SIZE, generator=torch.Generator().manual_seed(0))
    seen = eye(movie, looking(3, 148.0, 132.0))
    np.testing.assert_allclose(seen[..., :-1, :-2], movie[..., 1:, 2:], atol=1e-3)
    np.testing.assert_allclose(seen[..., -1, :], 127.5, atol=1e-3)
    np.testing.assert_allclose(eye(movie, looking(3, 140.0, 130.0)), movie, atol=1e-3)


def test_between_pixels_smooth_pictures_move_smoothly():
    eye = Gaze(np.eye(2), (0.0, 0.0))
    columns = torch.arange(16.0)
    movie = (127.5 + 100 * torch.sin(columns / 2)).expand(1, 1, 12, 16)
    seen = eye(movie, looking(1, 0.0, 0.4))[0, 0, 5, 3:12]
    np.testing.assert_allclose(seen, 127.5 + 100 * torch.sin((columns[3:12] + 0.4) / 2), atol=2.0)


@pytest.mark.parametrize("seed", [0, 1])
def test_animals_eyes_move_as_far_as_asked_each_in_its_own_way(seed: int):
    config = SimulatedTruthConfig(seed=seed, gaze_degrees=(2.0, 2.0))
    truth = SimulatedTruth(config, {"a": 2, "b": 2}, SIZE)
    maps = [truth.eye(name).get_buffer("pixels_per_unit").numpy() for name in ("a", "b")]
    generator = np.random.default_rng(seed)
    state = np.stack([draw_state(300, truth.behaviour("a"), generator) for _ in range(40)])
    moved = truth.eye("a").displacement(torch.from_numpy(state)) * config.degrees_per_pixel
    assert moved.square().sum(dim=1).mean().sqrt() == pytest.approx(2.0, rel=0.15)
    assert moved[:, 1].std() > moved[:, 0].std()
    assert np.abs(maps[0] - maps[1]).max() > 0.02


def test_rates_follow_the_eye_and_only_where_it_matters():
    moving = SimulatedTruth(SimulatedTruthConfig(seed=1, gaze_degrees=(3.0, 3.0)), {"a": 20}, SIZE)
    fixed = SimulatedTruth(SimulatedTruthConfig(seed=1), {"a": 20}, SIZE)
    movie = 255 * torch.rand(1, 20, *SIZE, generator=torch.Generator().manual_seed(1))
    resting = moving.behaviour("a").gaze
    ahead, aside = looking(20, *resting), looking(20, resting[0] + 9.0, resting[1])
    np.testing.assert_allclose(moving(movie, ahead, "a"), fixed(movie, aside, "a"), rtol=1e-3, atol=1e-3)
    assert (moving(movie, aside, "a") - moving(movie, ahead, "a")).abs().max() > 0.1
    assert fixed.eye("a") is None
