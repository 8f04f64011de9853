"""A compiled block for predictions alone: what enters its matrix products is rounded to 16 bits.

Rates change by 2e-6 to 3e-5 of the largest. That is nothing beside what an encoder errs by, but would drown differences
between nearly equal movies, so that losses and gradients are computed without rounding.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from reverie.encoders.fast import kernels
from reverie.encoders.fast.compiled_block import CompiledBlock, Numbers
from reverie.encoders.fast.panels import PANEL
from reverie.encoders.fast.rounding import rounded_features, rounded_weights


class RoundedBlock:
    """The way forward of a block in rounded numbers; bare picture planes, which fill no panel, enter as they are."""

    def __init__(self, block: CompiledBlock) -> None:
        self.block = block
        self.weights: Numbers = (block.widening.weights, None)
        if block.layout.pitch % PANEL == 0:
            self.weights = rounded_weights(block.layout.shape(1), block.widening.weights)

    def forward(self, inputs: Float[Tensor, "stack pixel time channel"]) -> Float[Tensor, "stack fewer time outputs"]:
        """Return the outputs. What is pooled before the projection is too little to be worth rounding."""
        block, shape = self.block, self.block.layout.shape(len(inputs))
        features = (inputs, None) if self.weights[1] is None else rounded_features(shape, inputs)
        rounds = not block.layout.pooled
        values, means = block.reserve_active(inputs, torch.int16 if rounds else inputs.dtype)
        active = (values, inputs.new_empty(values.shape[:3]) if rounds else None)
        block.widen_and_convolve(features, self.weights, active, means)
        gated = rounded_weights(shape, block.projection, block.gates(means)) if rounds else (block.gated(means), None)
        outputs = block.around.forward(inputs)
        kernels.call("project", shape, *active, *gated, outputs)
        return outputs
