"""SOAP: equal to Adam where nothing can be turned, blind to rotations of a matrix, fast where Adam is slow."""

import copy
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from reverie.training.soap import LARGEST_DIMENSION, MOMENTUM, RENEWED_EVERY, SECOND_MOMENT, Soap

RATE = 0.05
STEPS = 2 * RENEWED_EVERY + 5
"""Enough for two renewals of the basis."""


def soap(weight: nn.Parameter, decay: float = 0.0) -> Soap:
    return Soap([{"params": [weight], "weight_decay": decay}], lr=RATE)


def adam(weight: nn.Parameter, decay: float = 0.0) -> torch.optim.AdamW:
    return torch.optim.AdamW([weight], lr=RATE, weight_decay=decay, betas=(MOMENTUM, SECOND_MOMENT))


def minimise(
    make: Callable[[nn.Parameter], torch.optim.Optimizer], start: Tensor, loss: Callable[[Tensor], Tensor], steps: int
) -> Tensor:
    """Return the weight after some steps down the loss."""
    weight = nn.Parameter(start.clone())
    optimiser = make(weight)
    for _ in range(steps):
        optimiser.zero_grad()
        torch.autograd.backward(loss(weight))
        optimiser.step()
    return weight.detach()


def random(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(sum(shape)), dtype=torch.float64)


@pytest.mark.parametrize("shape", [(7,), (1, 1), (LARGEST_DIMENSION + 1, 1), (1, LARGEST_DIMENSION + 1, 1)])
def test_it_is_adam_where_there_is_nothing_to_turn(shape: tuple[int, ...]) -> None:
    start, target = random(2, *shape)

    def loss(weight: Tensor) -> Tensor:
        return ((weight - target) ** 4).sum()

    ours, theirs = (minimise(lambda w, make=make: make(w, 0.3), start, loss, STEPS) for make in (soap, adam))
    torch.testing.assert_close(ours, theirs)
    assert not torch.allclose(ours, start)


def test_turning_rows_and_columns_turns_the_steps() -> None:
    start, weights, target = random(3, 5, 5)
    left, right = (torch.linalg.qr(matrix)[0] for matrix in random(2, 5, 5))

    def loss(weight: Tensor) -> Tensor:
        return ((weight @ weights - target) ** 4).mean()

    plain = minimise(soap, start, loss, STEPS)
    turned = minimise(soap, left @ start @ right, lambda weight: loss(left.T @ weight @ right.T), STEPS)
    torch.testing.assert_close(turned, left @ plain @ right, atol=1e-4, rtol=0)
    by_adam = minimise(adam, start, loss, STEPS)
    turned_by_adam = minimise(adam, left @ start @ right, lambda weight: loss(left.T @ weight @ right.T), STEPS)
    assert not torch.allclose(turned_by_adam, left @ by_adam @ right, atol=0.01)


def test_correlated_inputs_are_learned_from_faster_than_by_adam() -> None:
    truth = random(12, 20)
    # All inputs share one signal that is thirty times as large as their own.
    inputs = random(20, 400) + 30 * random(1, 400)
    outputs = truth @ inputs

    def loss(weight: Tensor) -> Tensor:
        return ((weight @ inputs - outputs) ** 2).mean()

    ours, theirs = (loss(minimise(make, torch.zeros_like(truth), loss, 300)) for make in (soap, adam))
    assert ours < theirs / 4


def test_a_stored_state_goes_on_to_the_same_bits() -> None:
    weight = nn.Parameter(random(6, 3, 2).float())
    optimiser = soap(weight)

    def steps(count: int) -> None:
        for _ in range(count):
            weight.grad = weight.detach() ** 3 - 1
            optimiser.step()

    steps(STEPS)
    stored, at = copy.deepcopy(optimiser.state_dict()), weight.detach().clone()
    steps(STEPS)
    ended = weight.detach().clone()
    weight.data.copy_(at)
    optimiser = soap(weight)
    optimiser.load_state_dict(stored)
    steps(STEPS)
    assert torch.equal(weight, ended)


def test_nan_gradients_give_nan_weights() -> None:
    weight = nn.Parameter(torch.ones(3, 4))
    optimiser = soap(weight)
    for _ in range(RENEWED_EVERY + 1):
        weight.grad = torch.full_like(weight, torch.nan)
        optimiser.step()
    assert weight.isnan().all()
