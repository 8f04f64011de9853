"""The Poisson loss: its value, its minimum, and what it leaves out."""

import numpy as np
import torch
from scipy.stats import poisson
from tests.training.toys import HEIGHT, WIDTH, toy_recording, trials_of

from reverie.encoders.linear_nonlinear import LinearNonlinear, LinearNonlinearConfig
from reverie.training.batches import Windows
from reverie.training.loss import distillation_loss, poisson_loss


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
    batch = Windows({"a": trials_of(recording)}, batch=2, window=20, history=11, seed=0).draw(0)
    student, teacher = (LinearNonlinear(CONFIG, MICE, (HEIGHT, WIDTH)) for _ in range(2))
    distillation_loss(student, teacher, batch).backward()
    recorded, absent = student.readouts
    assert all(weight.grad is None for weight in recorded.parameters())
    assert absent.bias.grad is not None
    assert all(weight.grad is None for weight in teacher.parameters())


def test_without_a_common_absent_animal_there_is_nothing_to_learn() -> None:
    recording = toy_recording("a", trials=1, frames=60)
    batch = Windows({"a": trials_of(recording)}, batch=2, window=20, history=11, seed=0).draw(0)
    student = LinearNonlinear(CONFIG, MICE, (HEIGHT, WIDTH))
    assert distillation_loss(student, LinearNonlinear(CONFIG, {"a": 12}, (HEIGHT, WIDTH)), batch) == 0
