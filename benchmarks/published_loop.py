"""The published loop's arithmetic, one piece at a time (Bauer et al. 2026, Methods, and their released code).

Every pass takes one stack, and computes the gradients of the weights too, which nothing uses. A step makes such a pass
for both stacks of every window of 32 frames every 8; every tenth step the whole clip is predicted, one stack at a time,
and the movie is written to a file.
"""

import io

import tifffile
import torch
from jaxtyping import Float
from torch import Tensor

from benchmarks.published_network import PublishedNetwork
from reverie.inversion.gradients import SMALLEST_NORM, poisson

BOOKKEEPING_EVERY = 10
"""Steps between two predictions of the whole clip."""

Planes = Float[Tensor, "stack 5 time height width"]


def gradient_pass(
    network: PublishedNetwork, planes: Planes, responses: Float[Tensor, "stack neuron time"]
) -> tuple[Planes, Float[Tensor, "stack neuron time"]]:
    """Return the normalised gradient of one stack's loss with respect to its planes, and the rates."""
    leaf = planes.clone().requires_grad_()
    rates = network(leaf)
    torch.autograd.backward(poisson(rates, responses).sum())
    assert leaf.grad is not None
    network.zero_grad()
    return leaf.grad / (leaf.grad.norm() + SMALLEST_NORM), rates.detach()


@torch.no_grad()
def predict_stack(network: PublishedNetwork, planes: Planes) -> Float[Tensor, "stack neuron time"]:
    """Predict the rates of one stack."""
    rates: Tensor = network(planes)
    return rates


def write_movie(movie: Float[Tensor, "time height width"]) -> None:
    """Write the movie as the loop does at its bookkeeping, here to memory."""
    tifffile.imwrite(io.BytesIO(), movie.numpy())


def stacks_of_step(frames: int, *, window: int = 32, stride: int = 8) -> int:
    """Return how many stacks a step of the published loop sends through the network.

    >>> stacks_of_step(300)
    70
    """
    return 2 * (len(range(0, frames - window, stride)) + 1)


def stacks_of_prediction(frames: int, *, stack_frames: int = 16, step: int = 2) -> int:
    """Return how many stacks a clip holds.

    >>> stacks_of_prediction(300)
    270
    """
    return frames - (stack_frames - 1) * step
