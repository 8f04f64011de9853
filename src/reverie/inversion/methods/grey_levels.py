"""Clipping grey levels to 0-255 smoothly, and the expectation of a clipped movie whose values are uncertain."""

import math

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from reverie.foundation.arrays import WHITE

LOGISTIC = math.pi / math.sqrt(3)
"""Standard deviation of the logistic distribution, noise under which the expected clip is the smooth clip."""


def soft_clip(values: Float[Tensor, "..."], softness: float) -> tuple[Float[Tensor, "..."], Float[Tensor, "..."]]:
    """Return values smoothly clipped to 0-255, over ``softness`` grey levels at either end, and the clip's slope."""
    low, high = values / softness, (values - WHITE) / softness
    bent = softness * (functional.softplus(low) - functional.softplus(high))
    return bent, torch.sigmoid(low) - torch.sigmoid(high)


def slope_of_clip(greys: Float[Tensor, "..."], softness: float) -> Float[Tensor, "..."]:
    """Return the slope of the smooth clip where it gives these grey levels.

    The clip is s · (softplus(v / s) − softplus((v − 255) / s)); in terms of what it gives, x, its slope is
    (1 − exp(−x / s)) · (1 − exp((x − 255) / s)) / (1 − exp(−255 / s)).
    """
    inside = greys.double().clamp(0, WHITE)
    slope = torch.expm1(-inside / softness) * torch.expm1((inside - WHITE) / softness)
    return (slope / -math.expm1(-WHITE / softness)).to(greys)


def expected_grey(
    values: Float[Tensor, "..."], deviation: Float[Tensor, "..."], softness: float
) -> Float[Tensor, "..."]:
    """Return the mean of the smooth clip of Gaussian values with these means and standard deviations.

    The sum of logistic and Gaussian scatter is approximated by a Gaussian, for which the mean clip is known.

    >>> [round(grey, 3) for grey in expected_grey(torch.tensor([127.5, 0.0]), torch.tensor(20.0), 1e-3).tolist()]
    [127.5, 7.979]
    """
    scatter = (deviation**2 + (LOGISTIC * softness) ** 2) ** 0.5
    return _above(values, scatter) - _above(values - WHITE, scatter)


def _above(values: Tensor, scatter: Tensor) -> Tensor:
    """Return the mean of the positive part of Gaussian values."""
    standard = values / scatter
    density = torch.exp(-standard.square() / 2) / math.sqrt(2 * math.pi)
    return values * (1 + torch.erf(standard / math.sqrt(2))) / 2 + scatter * density
