"""Linear systems solved by products alone."""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

Coefficients = Float[Tensor, "time row column"]


def conjugate_gradients(
    product: Callable[[Coefficients], Coefficients],
    right: Coefficients,
    ease: Callable[[Coefficients], Coefficients],
    iterations: int,
    start: Coefficients | None = None,
) -> Coefficients:
    """Solve product(x) = right, product being symmetric and positive, from a first guess or from 0.

    ease: a rough solution of the same system, itself symmetric and positive, that makes few iterations enough.
    Source: Nocedal & Wright, Numerical Optimization, 2006, algorithm 5.3.
    """
    found = torch.zeros_like(right) if start is None else start
    rest = right if start is None else right - product(start)
    direction = ease(rest)
    size = dot(rest, direction)
    for left in reversed(range(iterations)):
        moved = product(direction)
        curvature = dot(direction, moved)
        if not curvature > 0:
            break
        found = found + size / curvature * direction
        if left == 0:
            break
        rest = rest - size / curvature * moved
        eased = ease(rest)
        size, before = dot(rest, eased), size
        direction = eased + size / before * direction
    return found


def dot(first: Coefficients, second: Coefficients) -> float:
    """Return the inner product of two movies of coefficients."""
    return float(torch.dot(first.flatten(), second.flatten()))
