"""Features and weights rounded to 16 bits for the kernels, which multiply them twice as fast (``c/rounded.h``)."""

from typing import NamedTuple

import torch
from jaxtyping import Float, Int16
from torch import Tensor

from reverie.encoders.fast import kernels
from reverie.encoders.fast.kernels import Shape
from reverie.encoders.fast.panels import PANEL


class Rounded(NamedTuple):
    """Whole numbers of steps, and the steps: one for each line of a panel, or each column of a panel of weights."""

    values: Int16[Tensor, "..."]
    steps: Float[Tensor, "..."]


def rounded_features(shape: Shape, features: Float[Tensor, "stack pixel time channel"]) -> Rounded:
    """Round features into panels; all numbers of a pixel and panel share a step."""
    stacks, pixels, frames, channels = features.shape
    steps = features.new_empty(stacks, channels // PANEL, pixels)
    rounded = Rounded(features.new_empty(*steps.shape, frames, PANEL, dtype=torch.int16), steps)
    kernels.call("round_features", shape, features, *rounded)
    return rounded


def rounded_weights(
    shape: Shape, weights: Float[Tensor, "tile row lane"], gates: Float[Tensor, "stack row"] | None = None
) -> Rounded:
    """Round weights laid out as ``panels.in_panels`` does, for each stack times the gates of the rows."""
    tiles, rows, lanes = weights.shape
    values = weights.new_empty(shape.stacks, tiles, rows, lanes, dtype=torch.int16)
    rounded = Rounded(values, weights.new_empty(shape.stacks, tiles, rows // PANEL, lanes))
    kernels.call("round_weights", shape, weights, gates, tiles, rows // PANEL, *rounded)
    return rounded
