"""One update of the weights, of their average and of the learning rate, and the loss that it lowers."""

import math
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from reverie.encoders.contract import Encoder, device_of
from reverie.foundation.devices import seed_torch
from reverie.training.batches import Batch, WindowSampler, cutmix, generator_of
from reverie.training.settings import TrainingSettings
from reverie.training.soap import Soap
from reverie.training.state import RunState

TINY = 1e-8
"""Keeps the logarithm finite where a rate is 0; the published value."""

Tensors = tuple[Tensor, ...] | list[Tensor]


def poisson_loss(
    rates: Float[Tensor, "batch neuron time"],
    responses: Float[Tensor, "batch neuron time"],
    weight: Float[Tensor, "batch time"],
) -> Float[Tensor, ""]:
    """Return the Poisson negative log-likelihood, rate - response * log(rate + 1e-8), averaged over what counts.

    Source: Bauer et al. 2026, Methods.

    Parameters
    ----------
    weight
        1 for the frames that count and 0 for the others (history, padding).

    Examples
    --------
    >>> one = torch.ones(1, 1, 2)
    >>> poisson_loss(2 * one, 0 * one, torch.tensor([[1.0, 0.0]]))
    tensor(2.)
    """
    each = rates - responses * torch.log(rates + TINY)
    return torch.einsum("bnt,bt->", each, weight) / (weight.sum().clamp_min(1) * rates.shape[1])


def distillation_loss(student: Encoder, teacher: Encoder, batch: Batch) -> Float[Tensor, ""]:
    """Return the Poisson loss against the teacher's rates for every animal but the recorded one.

    The other animals are taken to be in the recorded animal's state. This is the second stage of the published
    encoder's training, where it makes up 0.36 % of the loss. 0 when student and teacher share no other animal.
    """
    absent = [mouse for mouse in student.mice if mouse != batch.mouse and mouse in teacher.mice]
    if not absent:
        return batch.movie.new_zeros(())
    losses = []
    for mouse in absent:
        with torch.no_grad():
            taught = teacher(batch.movie, batch.state, mouse)
        losses.append(poisson_loss(student(batch.movie, batch.state, mouse), taught, batch.weight))
    return torch.stack(losses).mean()


def new_run(encoder: Encoder, settings: TrainingSettings) -> RunState:
    """Return a run before its first step."""
    progress: dict[str, Any] = {"history": [], "best": None, "seconds": 0.0}
    average = moving_average(encoder, settings.averaging)
    return RunState(encoder, average, make_optimiser(encoder, settings), 0, progress)


def moving_average(model: nn.Module, decay: float) -> AveragedModel:
    """Return an exponential moving average of a model's weights and buffers, faster at the start.

    After step s (from 0) the decay is min(decay, (1 + s) / (10 + s)), so that the random start is soon forgotten;
    whole-number buffers are copied. The published training averages with a decay of 0.999.
    """

    def average(means: Tensors, news: Tensors, count: Tensor | int) -> None:
        share = 1 - min(decay, int(count) / (9 + int(count)))
        if means[0].is_floating_point():
            torch._foreach_lerp_(means, news, share)
        else:
            torch._foreach_copy_(means, news)

    averaged = AveragedModel(model, multi_avg_fn=average, use_buffers=True)
    averaged.update_parameters(model)  # the initial weights are the first ones in the average
    return averaged


def learning_rate_at(step: int, settings: TrainingSettings) -> float:
    """Return the learning rate of a step (from 0): a linear rise, then a cosine to the final fraction.

    The last step has exactly ``learning_rate * final_fraction``. This is the schedule of the Sensorium 2023 winner
    (warm-up of 3 epochs, cosine of 18 epochs to 1 %). It is a function of the step and not a scheduler of torch, whose
    state an interrupted run would have to keep.

    >>> settings = TrainingSettings(steps=7, learning_rate=1.0, warm_up=2, final_fraction=0.0)
    >>> [round(learning_rate_at(step, settings), 2) for step in range(7)]
    [0.5, 1.0, 1.0, 0.85, 0.5, 0.15, 0.0]
    """
    if step < settings.warm_up:
        return settings.learning_rate * (step + 1) / settings.warm_up
    fallen = (step - settings.warm_up) / max(1, settings.steps - 1 - settings.warm_up)
    falling = (1 - settings.final_fraction) * (1 + math.cos(math.pi * fallen)) / 2
    return settings.learning_rate * (settings.final_fraction + falling)


def make_optimiser(encoder: Encoder, settings: TrainingSettings) -> torch.optim.Optimizer:
    """Return the settings' optimiser of all weights; vectors (biases, normalisation) are not decayed."""
    matrices = [weight for weight in encoder.parameters() if weight.ndim > 1]
    vectors = [weight for weight in encoder.parameters() if weight.ndim <= 1]
    groups = [{"params": matrices, "weight_decay": settings.weight_decay}, {"params": vectors, "weight_decay": 0.0}]
    if settings.optimiser == "soap":
        return Soap(groups, lr=settings.learning_rate)
    return torch.optim.AdamW(groups, lr=settings.learning_rate, fused=True)


def take_step(run: RunState, windows: WindowSampler, settings: TrainingSettings, teacher: Encoder | None) -> Tensor:
    """Draw the windows of the next step, update weights and average, and return the loss (not yet checked)."""
    encoder = run.encoder
    for group in run.optimiser.param_groups:
        group["lr"] = learning_rate_at(run.step, settings)
    # Dropout draws from torch's own generator: seeding it by the step makes a resumed run draw the same.
    seed_torch(int(generator_of(settings.seed, run.step, "dropout").integers(2**62)), device_of(encoder))
    loss = _loss(encoder, windows, settings, teacher, run.step)
    run.optimiser.zero_grad(set_to_none=True)
    torch.autograd.backward(loss)
    run.optimiser.step()
    run.average.update_parameters(encoder)
    run.step += 1
    return loss.detach()


def _loss(
    encoder: Encoder, windows: WindowSampler, settings: TrainingSettings, teacher: Encoder | None, step: int
) -> Float[Tensor, ""]:
    device, generator = device_of(encoder), generator_of(settings.seed, step, "boxes")
    batch = windows.draw(step).to(device)
    batch = cutmix(batch, generator, probability=settings.cutmix_probability, alpha=settings.cutmix_alpha)
    with _precision(settings, device):
        loss = poisson_loss(encoder(batch.movie, batch.state, batch.mouse).float(), batch.responses, batch.weight)
        if teacher is not None and settings.distillation > 0:
            taught = distillation_loss(encoder, teacher, batch)
            loss = (1 - settings.distillation) * loss + settings.distillation * taught
    return loss


def _precision(settings: TrainingSettings, device: torch.device) -> AbstractContextManager[object]:
    if settings.precision == "bfloat16" and device.type == "cuda":
        return torch.autocast("cuda", dtype=torch.bfloat16)
    return nullcontext()
