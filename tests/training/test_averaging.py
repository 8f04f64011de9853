"""The moving average of the weights: its closed form, and that it is only lent."""

import pytest
import torch
from torch import nn

from reverie.training.averaging import MovingAverage


def test_it_follows_the_closed_form() -> None:
    model = nn.Linear(1, 1, bias=False)
    nn.init.zeros_(model.weight)
    average = MovingAverage(model, 0.5)
    expected = 0.0
    for step in range(30):
        nn.init.constant_(model.weight, float(step))
        average.update(model, step)
        decay = min(0.5, (1 + step) / (10 + step))
        expected = decay * expected + (1 - decay) * step
    assert average.tensors["weight"].item() == pytest.approx(expected)


def test_constant_weights_stay_what_they_are_and_counters_are_copied() -> None:
    model = nn.BatchNorm2d(3)
    average = MovingAverage(model, 0.999)
    model.num_batches_tracked.fill_(7)
    average.update(model, 0)
    assert torch.equal(average.tensors["weight"], torch.ones(3))
    assert average.tensors["num_batches_tracked"].item() == 7


def test_the_model_gets_its_own_weights_back() -> None:
    model = nn.Linear(2, 2)
    average = MovingAverage(model, 0.9)
    own = model.weight.detach().clone() + 1
    with torch.no_grad():
        model.weight.copy_(own)
    with average.applied(model):
        assert torch.equal(model.weight, average.tensors["weight"])
    assert torch.equal(model.weight, own)
