"""A moving average of the weights: smoother than any single step, and what is validated and kept."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn


class MovingAverage:
    """Exponential moving average of a model's weights and buffers, faster at the start.

    After step s (from 0) the decay is min(decay, (1 + s) / (10 + s)), so that the random start is soon forgotten;
    whole-number buffers are copied. The published training averages with a decay of 0.999.
    """

    def __init__(self, model: nn.Module, decay: float) -> None:
        self.decay = decay
        self.tensors: dict[str, Tensor] = {name: tensor.detach().clone() for name, tensor in model.state_dict().items()}

    @torch.no_grad()
    def update(self, model: nn.Module, step: int) -> None:
        """Move the average towards the model as it stands after one step."""
        share = 1 - min(self.decay, (1 + step) / (10 + step))
        means, news = [], []
        for name, tensor in model.state_dict().items():
            if tensor.is_floating_point():
                means.append(self.tensors[name])
                news.append(tensor)
            else:
                self.tensors[name].copy_(tensor)
        torch._foreach_lerp_(means, news, share)

    @contextmanager
    def applied(self, model: nn.Module) -> Iterator[None]:
        """Lend the average to the model for the length of a with-block; its own weights come back after it."""
        own = {name: tensor.clone() for name, tensor in model.state_dict().items()}
        model.load_state_dict(self.tensors)
        try:
            yield
        finally:
            model.load_state_dict(own)
