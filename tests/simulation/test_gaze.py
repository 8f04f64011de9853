import numpy as np
import pytest
import torch

from reverie.simulation.behaviour import draw_state
from reverie.simulation.gaze import Gaze
from reverie.simulation.population import SimulatedTruthConfig
from reverie.simulation.truth import SimulatedTruth

SIZE = (12, 16)


def looking(x: float, y: float, frames: int = 3) -> torch.Tensor:
    return torch.tensor([50.0, 0.0, x, y])[None, :, None].expand(1, 4, frames)


def test_looking_right_by_whole_pixels_shows_what_lies_there():
    eye = Gaze(np.array([[0.0, 0.5], [0.25, 0.0]]), (140.0, 130.0))
    movie = 255 * torch.rand(1, 3, *SIZE, generator=torch.Generator().manual_seed(0))
    seen = eye(movie, looking(148.0, 132.0))
    np.testing.assert_allclose(seen[..., :-1, :-2], movie[..., 1:, 2:], atol=1e-3)
    np.testing.assert_allclose(seen[..., -1, :], 127.5, atol=1e-3)
    np.testing.assert_allclose(eye(movie, looking(140.0, 130.0)), movie, atol=1e-3)


def test_between_pixels_smooth_pictures_move_smoothly():
    eye = Gaze(np.eye(2), (0.0, 0.0))
    columns = torch.arange(16.0)
    movie = (127.5 + 100 * torch.sin(columns / 2)).expand(1, 1, 12, 16)
    seen = eye(movie, looking(0.0, 0.4, 1))[0, 0, 5, 3:12]
    np.testing.assert_allclose(seen, 127.5 + 100 * torch.sin((columns[3:12] + 0.4) / 2), atol=2.0)


@pytest.mark.parametrize("seed", [0, 1])
def test_animals_eyes_move_as_far_as_asked_each_in_its_own_way(seed: int):
    config = SimulatedTruthConfig(seed=seed, gaze_degrees=(2.0, 2.0))
    truth = SimulatedTruth(config, {"a": 2, "b": 2}, SIZE)
    maps = [truth.eye(name).get_buffer("pixels_per_unit").numpy() for name in ("a", "b")]
    generator = np.random.default_rng(seed)
    state = np.stack([draw_state(300, truth.temperament("a"), generator) for _ in range(40)])
    moved = truth.eye("a").displacement(torch.from_numpy(state)) * config.degrees_per_pixel
    assert moved.square().sum(dim=1).mean().sqrt() == pytest.approx(2.0, rel=0.15)
    assert moved[:, 1].std() > moved[:, 0].std()
    assert np.abs(maps[0] - maps[1]).max() > 0.02


def test_rates_follow_the_eye_and_only_where_it_matters():
    moving = SimulatedTruth(SimulatedTruthConfig(seed=1, gaze_degrees=(3.0, 3.0)), {"a": 20}, SIZE)
    fixed = SimulatedTruth(SimulatedTruthConfig(seed=1), {"a": 20}, SIZE)
    movie = 255 * torch.rand(1, 20, *SIZE, generator=torch.Generator().manual_seed(1))
    resting = moving.temperament("a").gaze
    ahead, aside = looking(*resting, 20), looking(resting[0] + 9.0, resting[1], 20)
    np.testing.assert_allclose(moving(movie, ahead, "a"), fixed(movie, aside, "a"), rtol=1e-3, atol=1e-3)
    assert (moving(movie, aside, "a") - moving(movie, ahead, "a")).abs().max() > 0.1
    assert fixed.eye("a") is None
