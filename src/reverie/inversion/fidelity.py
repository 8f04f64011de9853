"""How far predicted rates are from recorded responses: callables of both, one number for each clip."""

import torch
from jaxtyping import Float
from torch import Tensor


def poisson(
    rates: Float[Tensor, "*clip neuron time"], responses: Float[Tensor, "*clip neuron time"]
) -> Float[Tensor, "*clip"]:
    """Return the Poisson negative log likelihood, rate − response · log(rate + 1e-8), mean over neurons and frames.

    Terms that do not depend on the rate are left out. Source: Bauer et al. 2026, Methods.

    >>> poisson(torch.ones(3, 2), torch.full((3, 2), 5.0)).item()
    1.0
    """
    return (rates - responses * torch.log(rates + 1e-8)).mean(dim=(-2, -1))


def squared_error(
    rates: Float[Tensor, "*clip neuron time"], responses: Float[Tensor, "*clip neuron time"]
) -> Float[Tensor, "*clip"]:
    """Return the squared error, mean over neurons and frames.

    >>> squared_error(torch.ones(3, 2), torch.full((3, 2), 5.0)).item()
    16.0
    """
    return (rates - responses).square().mean(dim=(-2, -1))
