"""What training minimises."""

import torch
from jaxtyping import Float
from torch import Tensor

from reverie.encoders.contract import Encoder
from reverie.training.batches import Batch

TINY = 1e-8
"""Keeps the logarithm finite where a rate is 0; the published value."""


def poisson_loss(
    rates: Float[Tensor, "batch neuron time"],
    responses: Float[Tensor, "batch neuron time"],
    weight: Float[Tensor, "batch time"],
) -> Float[Tensor, ""]:
    """Return the Poisson negative log-likelihood, rate - response * log(rate + 1e-8), averaged over what counts.

    weight: 1 for the frames that count and 0 for the others (history, padding). Bauer et al. 2026, Methods.

    >>> one = torch.ones(1, 1, 2)
    >>> poisson_loss(2 * one, 0 * one, torch.tensor([[1.0, 0.0]]))
    tensor(2.)
    """
    each = rates - responses * torch.log(rates + TINY)
    return torch.einsum("bnt,bt->", each, weight) / (weight.sum().clamp_min(1) * rates.shape[1])


def distillation_loss(student: Encoder, teacher: Encoder, batch: Batch) -> Float[Tensor, ""]:
    """Return the Poisson loss towards the teacher's rates for every animal but the one recorded.

    The absent animals are taken to be in the recorded animal's state. Second stage of the published encoder's
    training, where it makes up 0.36 % of the loss. 0 when student and teacher share no other animal.
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
