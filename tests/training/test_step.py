"""The Poisson loss: its value, its minimum, and what it leaves out.

The learning rate (its ends, its peak, its shape) and the moving average (its closed form).
"""

import math

import numpy as np
import pytest
import torch
from scipy.stats import poisson
from tests.training.toys import HEIGHT, WIDTH, toy_recording, trials_of
from torch import nn

from reverie.encoders.linear_nonlinear import LinearNonlinear, LinearNonlinearConfig
from reverie.training.batches import WindowSampler
from reverie.training.settings import TrainingSettings
from reverie.training.step import distillation_loss, learning_rate_at, moving_average, poisson_loss


def test_it_is_the_log_likelihood_but_for_what_the_rates_do_not_change() -> None:
    generator = np.random.default_rng(0)
    rates = generator.uniform(0.5, 4, (2, 3, 5))
    responses = generator.poisson(rates).astype(np.float64)
    other = rates * generator.uniform(0.5, 2, rates.shape)
    weight = torch.ones(2, 5, dtype=torch.float64)
    ours = [poisson_loss(torch.tensor(r), torch.tensor(responses), weight).item() for r in (rates, other)]
    theirs = [-poisson.logpmf(responses, r).mean() for r in (rates, other)]
    assert np.isclose(ours[0] - ours[1], theirs[0] - theirs[1])


def test_its_slope_is_zero_where_rates_equal_responses() -> None:
    responses = torch.rand(1, 4, 6) + 0.1
    rates = responses.clone().requires_grad_()
    poisson_loss(rates, responses, torch.ones(1, 6)).backward()
    assert rates.grad is not None
    assert rates.grad.abs().max() < 1e-6


def test_frames_without_weight_do_not_count() -> None:
    rates, responses = torch.rand(2, 3, 8) + 0.1, torch.rand(2, 3, 8)
    weight = torch.zeros(2, 8)
    weight[:, 3:] = 1
    whole = poisson_loss(rates[:, :, 3:], responses[:, :, 3:], torch.ones(2, 5))
    rates[:, :, :3] = 1e6
    assert torch.isclose(poisson_loss(rates, responses, weight), whole)


def test_nothing_that_counts_is_a_loss_of_zero() -> None:
    assert poisson_loss(torch.ones(1, 1, 2), torch.ones(1, 1, 2), torch.zeros(1, 2)) == 0


CONFIG = LinearNonlinearConfig(pooling=4)
MICE = {"a": 12, "b": 12}


def test_only_readouts_of_absent_animals_learn_from_the_teacher() -> None:
    recording = toy_recording("a", trials=2, frames=60)
    batch = WindowSampler({"a": trials_of(recording)}, batch=2, window=20, history=11, seed=0).draw(0)
    student, teacher = (LinearNonlinear(CONFIG, MICE, (HEIGHT, WIDTH)) for _ in range(2))
    distillation_loss(student, teacher, batch).backward()
    recorded, absent = student.readouts
    assert all(weight.grad is None for weight in recorded.parameters())
    assert absent.bias.grad is not None
    assert all(weight.grad is None for weight in teacher.parameters())


def test_without_a_common_absent_animal_there_is_nothing_to_learn() -> None:
    recording = toy_recording("a", trials=1, frames=60)
    batch = WindowSampler({"a": trials_of(recording)}, batch=2, window=20, history=11, seed=0).draw(0)
    student = LinearNonlinear(CONFIG, MICE, (HEIGHT, WIDTH))
    assert distillation_loss(student, LinearNonlinear(CONFIG, {"a": 12}, (HEIGHT, WIDTH)), batch) == 0


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
