"""What comes after DwiseNeuro's core, folded: cortex layers and the readout of the chosen neurons.

Features are rows of channels, a row being one moment of one stack: the weights, which are far larger than the features,
are then read once for all moments of all stacks, forward and back.
"""

import torch
from einops import rearrange
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from reverie.encoders.dwiseneuro_blocks import CortexLayer, Readout
from reverie.encoders.fast.folding import scale_and_shift


class FrozenCortexLayer(nn.Module):
    """A cortex layer whose normalisations are folded."""

    def __init__(self, layer: CortexLayer) -> None:
        super().__init__()
        scale, shift = scale_and_shift(layer.norm)
        weight = layer.convolution.weight.detach()[:, :, 0] * scale[:, None]
        self.weights = rearrange(weight, "(group out) channel -> group channel out", group=layer.groups).contiguous()
        self.bias = rearrange(shift, "(group out) -> group 1 out", group=layer.groups).contiguous()
        self.scale, self.shift = scale_and_shift(layer.shortcut_norm)

    def forward(self, features: Float[Tensor, "row channel"]) -> Float[Tensor, "row outputs"]:
        """Mix the channels within their groups, shuffle the groups, and add the tiled shortcut."""
        grouped = rearrange(features, "row (group channel) -> group row channel", group=len(self.weights))
        branch = functional.silu(torch.baddbmm(self.bias, grouped, self.weights))
        outputs = len(self.scale)
        tiled = features.repeat(1, -(-outputs // features.shape[1]))[:, :outputs]
        return torch.addcmul(self.shift, tiled, self.scale) + rearrange(branch, "group row out -> row (out group)")


class FrozenReadout(nn.Module):
    """The chosen neurons of a readout: one matrix for each group of channels."""

    def __init__(self, readout: Readout, neurons: Int[Tensor, " chosen"]) -> None:
        super().__init__()
        convolution = readout.convolution
        self.softplus_beta, self.groups = readout.softplus_beta, convolution.groups
        group = neurons // (convolution.out_channels // convolution.groups)
        # The neurons by group, and where each of them then stands.
        order = torch.argsort(group, stable=True)
        sizes = torch.bincount(group, minlength=self.groups).tolist()
        weight = convolution.weight.detach()[neurons[order], :, 0]
        self.weights = torch.split(weight, sizes)
        assert convolution.bias is not None
        self.bias = convolution.bias.detach()[neurons]
        self.places = None if torch.equal(order, torch.arange(len(order)).to(order)) else torch.argsort(order)

    def forward(self, features: Float[Tensor, "row channel"]) -> Float[Tensor, "row neuron"]:
        """Turn cortex features into rates."""
        parts = features.chunk(self.groups, dim=1)
        drive = torch.cat([part @ weight.T for part, weight in zip(parts, self.weights, strict=True)], dim=1)
        ordered = drive if self.places is None else drive[:, self.places]
        return functional.softplus(ordered + self.bias, beta=self.softplus_beta)
