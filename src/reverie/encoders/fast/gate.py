"""Squeeze and excite, forward and back by hand: two small matrix products for each stack."""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from reverie.encoders.dwiseneuro_blocks import SqueezeExcite


class Gate:
    """The gate of each channel, from the means of all."""

    def __init__(self, module: SqueezeExcite) -> None:
        self.reduce, self.reduce_bias = module.reduce.weight.detach(), module.reduce.bias.detach()
        self.expand, self.expand_bias = module.expand.weight.detach(), module.expand.bias.detach()

    def forward(self, means: Float[Tensor, "stack channel"]) -> Float[Tensor, "stack channel"]:
        """Return the gates."""
        before_sigmoid = functional.linear(functional.silu(self._reduced(means)), self.expand, self.expand_bias)
        return torch.sigmoid(before_sigmoid)

    def backward(
        self, slopes: Float[Tensor, "stack channel"], means: Float[Tensor, "stack channel"]
    ) -> Float[Tensor, "stack channel"]:
        """Return the gradient with respect to the means. slopes: those with respect to the gates, times the gates.

        That product is what the gated features give directly, and what the sigmoid's slope gate · (1 - gate) needs.
        """
        before_sigmoid = slopes * (1 - self.forward(means))
        reduced = torch.ops.aten.silu_backward(before_sigmoid @ self.expand, self._reduced(means))
        by_means: Tensor = reduced @ self.reduce
        return by_means

    def _reduced(self, means: Tensor) -> Tensor:
        return functional.linear(means, self.reduce, self.reduce_bias)
