"""The pupil displaces what neurons see: neutral before it is learned, bounded, the right way round, and learned."""

import numpy as np
import torch

from reverie.encoders.compact import Compact, CompactConfig
from reverie.encoders.displacing import displaced
from reverie.encoders.shifter import FURTHEST, Shifter

SIZE = (12, 16)


def looking(x: float, y: float, frames: int = 3) -> torch.Tensor:
    return torch.tensor([50.0, 0.0, x, y])[None, :, None].expand(1, 4, frames)


def test_nothing_moves_before_it_is_learned():
    pictures = torch.randn(2, 5, *SIZE)
    assert torch.allclose(Shifter()(pictures, 100 * torch.randn(2, 4, 5)), pictures, atol=1e-6)


def test_fields_are_displaced_as_far_as_the_pupil_says_and_no_farther():
    shifter = Shifter()
    shifter.standardise(np.array([140.0, 130.0]), np.array([6.0, 0.0]))
    with torch.no_grad():
        shifter.weight.copy_(torch.tensor([[0.0, 0.0], [0.5, 0.0]]))
    assert torch.allclose(shifter.displacement(looking(140.0, 130.0)), torch.zeros(1, 2, 3), atol=1e-6)
    moved = shifter.displacement(looking(146.0, 130.0))[0, :, 0]
    assert torch.allclose(moved, torch.tensor([0.0, FURTHEST * float(np.tanh(0.5 / FURTHEST))]), atol=1e-5)
    assert shifter.displacement(looking(1e6, -1e6)).abs().max() <= FURTHEST


def test_a_step_to_the_right_shows_what_lies_there_and_grey_beyond_the_edge():
    pictures = torch.randn(1, 3, *SIZE)
    seen = displaced(pictures, torch.tensor([1.0, 2.0])[None, :, None].expand(1, 2, 3))
    assert torch.allclose(seen[..., :-1, :-2], pictures[..., 1:, 2:], atol=1e-5)
    assert torch.allclose(seen[..., -1, :], torch.zeros(1, 3, 16), atol=1e-5)


def test_an_encoder_learns_where_its_animal_looks():
    torch.manual_seed(0)
    settings = CompactConfig(filters=8, features=6, filter_size=5, taps=4, smoothing=3, shifter=True)
    true, learning = (Compact(settings, {"a": 12}, SIZE) for _ in range(2))
    with torch.no_grad():
        true.readouts[0].weights.normal_(0.0, 0.5)
        true.readouts[0].shift.uniform_(-2.0, 2.0)
    learning.load_state_dict(true.state_dict())
    with torch.no_grad():
        true.shifters[0].weight.copy_(torch.tensor([[0.1, 0.5], [-0.7, 0.2]]))
    weight = learning.shifters[0].weight
    optimiser = torch.optim.Adam([weight], lr=0.05)
    for _ in range(60):
        movie = 127.5 + 60 * torch.nn.functional.avg_pool2d(torch.randn(4, 12, *SIZE), 3, 1, 1)
        state = torch.randn(4, 4, 12)
        with torch.no_grad():
            expected = true(movie, state, "a")
        loss = (learning(movie, state, "a") - expected).square().mean()
        optimiser.zero_grad()
        torch.autograd.backward(loss)
        optimiser.step()
    assert torch.allclose(weight, true.shifters[0].weight, atol=0.1)
