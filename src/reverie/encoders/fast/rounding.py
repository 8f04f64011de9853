"""Compiled blocks for predictions only: the inputs of their matrix products are rounded to 16 bits (``c/rounded.h``).

The kernels multiply such numbers twice as fast. Rates change by 2e-6 to 3e-5 of the largest rate. That is negligible
beside an encoder's errors, but would hide differences between nearly equal movies. Losses and gradients are therefore
computed without rounding.
"""

from typing import NamedTuple

import torch
from jaxtyping import Float, Int16
from torch import Tensor

from reverie.encoders.fast import kernels
from reverie.encoders.fast.compiled_block import CompiledBlock, Numbers
from reverie.encoders.fast.kernels import PANEL, Shape


class Rounded(NamedTuple):
    """Integer multiples of steps, and the steps: one for each line of a panel, or each column of a panel of weights."""

    values: Int16[Tensor, "..."]
    steps: Float[Tensor, "..."]


def rounded_features(shape: Shape, features: Float[Tensor, "stack pixel time channel"]) -> Rounded:
    """Round features into panels; all numbers of one pixel in one panel share a step."""
    stacks, pixels, frames, channels = features.shape
    steps = features.new_empty(stacks, channels // PANEL, pixels)
    rounded = Rounded(features.new_empty(*steps.shape, frames, PANEL, dtype=torch.int16), steps)
    kernels.call("round_features", shape, features, *rounded)
    return rounded


def rounded_weights(
    shape: Shape, weights: Float[Tensor, "tile row lane"], gates: Float[Tensor, "stack row"] | None = None
) -> Rounded:
    """Round weights laid out as ``in_panels`` does, for each stack times the gates of the rows."""
    tiles, rows, lanes = weights.shape
    values = weights.new_empty(shape.stacks, tiles, rows, lanes, dtype=torch.int16)
    rounded = Rounded(values, weights.new_empty(shape.stacks, tiles, rows // PANEL, lanes))
    kernels.call("round_weights", shape, weights, gates, tiles, rows // PANEL, *rounded)
    return rounded


class RoundedBlock:
    """The forward pass of a block in rounded numbers; picture planes, too few for a panel, are not rounded."""

    def __init__(self, block: CompiledBlock) -> None:
        self.block = block
        self.weights: Numbers = (block.widening.weights, None)
        if block.layout.pitch % PANEL == 0:
            self.weights = rounded_weights(block.layout.shape(1), block.widening.weights)

    def forward(self, inputs: Float[Tensor, "stack pixel time channel"]) -> Float[Tensor, "stack fewer time outputs"]:
        """Return the outputs. Features that are pooled before the projection are too few to be worth rounding."""
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
