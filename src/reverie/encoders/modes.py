"""Holding an encoder still for a while: out of training, its weights out of gradients. And where it lies."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from reverie.encoders.contract import Encoder


@contextmanager
def evaluating(encoder: Encoder) -> Iterator[None]:
    """Put an encoder in evaluation mode for a while; every part gets its own flag back."""
    flags = {module: module.training for module in encoder.modules()}
    encoder.eval()
    try:
        yield
    finally:
        for module, training in flags.items():
            module.training = training


@contextmanager
def frozen(encoder: Encoder) -> Iterator[None]:
    """Put an encoder in evaluation mode and keep its weights out of gradients for a while; then as it was before."""
    learning = [weight for weight in encoder.parameters() if weight.requires_grad]
    with evaluating(encoder):
        try:
            for weight in learning:
                weight.requires_grad_(False)
            yield
        finally:
            for weight in learning:
                weight.requires_grad_(True)


def device_of(encoder: Encoder) -> torch.device:
    """Return where an encoder's first weight lies; the CPU when it has none."""
    weights = [*encoder.parameters(), *encoder.buffers()]
    return weights[0].device if weights else torch.device("cpu")
