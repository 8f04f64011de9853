"""What training minimises."""

import torch
from jaxtyping import Float
from torch import Tensor

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
