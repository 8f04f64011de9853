"""The learning rate (its ends, its peak, its shape) and the moving average (its closed form)."""

import math

import pytest
import torch
from torch import nn

from reverie.training.settings import TrainingSettings
from reverie.training.step import learning_rate_at, moving_average


def rates(steps: int, warm_up: int, final: float = 0.01) -> list[float]:
    settings = TrainingSettings(steps=steps, learning_rate=2.0, warm_up=warm_up, final_fraction=final)
    return [learning_rate_at(step, settings) for step in range(steps)]


def test_the_rate_rises_linearly_to_the_highest() -> None:
    assert rates(100, 10)[:10] == pytest.approx([0.2 * (step + 1) for step in range(10)])


def test_the_rate_ends_at_the_final_fraction() -> None:
    assert rates(100, 10)[-1] == pytest.approx(0.02)


def test_the_fall_is_half_a_cosine() -> None:
    fall = rates(111, 10, final=0.0)[10:]
    assert fall == pytest.approx([1 + math.cos(math.pi * step / 100) for step in range(101)])


@pytest.mark.parametrize(("steps", "warm_up"), [(1, 0), (1, 5), (2, 1), (3, 3)])
def test_tiny_runs_have_rates_above_zero(steps: int, warm_up: int) -> None:
    assert all(0 < rate <= 2 for rate in rates(steps, warm_up))


def test_the_average_follows_the_closed_form() -> None:
    model = nn.Linear(1, 1, bias=False)
    nn.init.constant_(model.weight, 3.0)
    average = moving_average(model, 0.5)
    expected = 3.0
    for step in range(30):
        nn.init.constant_(model.weight, float(step))
        average.update_parameters(model)
        decay = min(0.5, (1 + step) / (10 + step))
        expected = decay * expected + (1 - decay) * step
    assert average.module.weight.item() == pytest.approx(expected)
    assert model.weight.item() == 29.0


def test_statistics_are_averaged_too_and_counters_copied() -> None:
    model = nn.BatchNorm2d(3)
    average = moving_average(model, 0.999)
    model.num_batches_tracked.fill_(7)
    model.running_mean.fill_(1.0)
    average.update_parameters(model)
    assert torch.equal(average.module.weight, torch.ones(3))
    assert average.module.running_mean.tolist() == pytest.approx([0.9] * 3)
    assert average.module.num_batches_tracked.item() == 7
