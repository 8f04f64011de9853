"""One update of the weights."""

from contextlib import AbstractContextManager, nullcontext

import torch
from jaxtyping import Float
from torch import Tensor

from reverie.encoders.contract import Encoder
from reverie.training.batches import Windows, generator_of
from reverie.training.cutmix import cutmix
from reverie.training.distillation import distillation_loss
from reverie.training.loss import poisson_loss
from reverie.training.schedule import learning_rate_at
from reverie.training.settings import TrainingSettings
from reverie.training.state import RunState


def make_optimiser(encoder: Encoder, settings: TrainingSettings) -> torch.optim.AdamW:
    """Return AdamW over all weights; vectors (biases, normalisation) are not decayed."""
    matrices = [weight for weight in encoder.parameters() if weight.ndim > 1]
    vectors = [weight for weight in encoder.parameters() if weight.ndim <= 1]
    groups = [
        {"params": matrices, "weight_decay": settings.weight_decay},
        {"params": vectors, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=settings.learning_rate, fused=True)


def take_step(run: RunState, windows: Windows, settings: TrainingSettings, teacher: Encoder | None) -> Tensor:
    """Draw the windows of the next step, update weights and average, and return the loss (not yet checked)."""
    encoder = run.encoder
    device = next(encoder.parameters()).device
    rate = learning_rate_at(
        run.step,
        steps=settings.steps,
        highest=settings.learning_rate,
        warm_up=settings.warm_up,
        final_fraction=settings.final_fraction,
    )
    for group in run.optimiser.param_groups:
        group["lr"] = rate
    # Dropout draws from torch's own generator: seeding it by the step makes a resumed run draw the same.
    torch.manual_seed(int(generator_of(settings.seed, run.step, "dropout").integers(2**62)))
    loss = _loss(encoder, windows, settings, teacher, run.step, device)
    run.optimiser.zero_grad(set_to_none=True)
    torch.autograd.backward(loss)
    run.optimiser.step()
    run.average.update(encoder, run.step)
    run.step += 1
    return loss.detach()


def _loss(
    encoder: Encoder,
    windows: Windows,
    settings: TrainingSettings,
    teacher: Encoder | None,
    step: int,
    device: torch.device,
) -> Float[Tensor, ""]:
    generator = generator_of(settings.seed, step, "boxes")
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
