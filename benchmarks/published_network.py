"""DwiseNeuro as the published description has it: three-dimensional convolutions, one after the other.

Nothing is folded, viewed or fused. Only here to compare with: same weights, same result.
"""

import copy

import torch
from einops import rearrange
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from reverie.encoders.contract import readout_index
from reverie.encoders.dwiseneuro import DwiseNeuro
from reverie.encoders.dwiseneuro_blocks import ConvolutionNorm, CoreBlock, SqueezeExcite, drop_branch, tile_channels


class PublishedNetwork(nn.Module):
    """Stacks of picture planes in, rates of one animal out. Source: Bauer et al. 2026, Methods; Sensorium 2023 winner.

    It shares no tensor with the encoder it copies.
    """

    def __init__(self, encoder: DwiseNeuro, mouse: str) -> None:
        super().__init__()
        self.stem = ConvolutionNorm3d(encoder.stem, temporal=False)
        self.blocks = nn.Sequential(*(Block3d(block) for block in encoder.blocks if isinstance(block, CoreBlock)))
        # These work on pooled features and are as published already.
        self.cortex = copy.deepcopy(encoder.cortex)
        self.readout = copy.deepcopy(encoder.readouts[readout_index(encoder, mouse)])

    def forward(self, planes: Float[Tensor, "stack 5 time height width"]) -> Float[Tensor, "stack neuron time"]:
        """Predict the rates of stacks."""
        features = self.blocks(self.stem(planes)).mean((3, 4))
        rates: Tensor = self.readout(self.cortex(features))
        return rates


class ConvolutionNorm3d(nn.Module):
    """Convolution, batch normalisation, SiLU where there is one."""

    def __init__(self, layer: ConvolutionNorm, *, temporal: bool) -> None:
        super().__init__()
        old = layer.convolution
        tall, wide = old.kernel_size
        kernel = (tall, 1, 1) if temporal else (1, tall, wide)
        stride = (1, 1, 1) if temporal else (1, old.stride[0], old.stride[1])
        padding = (kernel[0] // 2, kernel[1] // 2, kernel[2] // 2)
        self.convolution = nn.Conv3d(
            old.in_channels,
            old.out_channels,
            kernel,
            stride,
            padding,
            groups=old.groups,
            bias=False,
        )
        self.norm = nn.BatchNorm3d(old.out_channels)
        self.activate = layer.activate
        self.convolution.weight.data.copy_(old.weight.detach().view_as(self.convolution.weight))
        self.norm.load_state_dict(layer.norm.state_dict())

    def forward(self, features: Float[Tensor, "stack channel time height width"]) -> Tensor:
        """Convolve, normalise, activate."""
        normalised: Tensor = self.norm(self.convolution(features))
        return functional.silu(normalised) if self.activate else normalised


class SqueezeExcite3d(nn.Module):
    """The gate, from the mean over time and space."""

    def __init__(self, old: SqueezeExcite) -> None:
        super().__init__()
        self.reduce, self.expand = copy.deepcopy(old.reduce), copy.deepcopy(old.expand)

    def forward(self, features: Float[Tensor, "stack channel time height width"]) -> Tensor:
        """Gate each channel."""
        mean = features.mean((2, 3, 4))
        gate = torch.sigmoid(self.expand(functional.silu(self.reduce(mean))))
        return features * gate[:, :, None, None, None]


class Block3d(nn.Module):
    """Positions added, inverted residual, shortcut."""

    positions: Tensor

    def __init__(self, old: CoreBlock) -> None:
        super().__init__()
        self.outputs, self.stride, self.drop_path = old.outputs, old.stride, old.drop_path
        self.expansion = ConvolutionNorm3d(old.expansion, temporal=False)
        self.spatial = ConvolutionNorm3d(old.spatial, temporal=False)
        self.temporal = ConvolutionNorm3d(old.temporal, temporal=True)
        self.squeeze_excite = SqueezeExcite3d(old.squeeze_excite)
        self.projection = ConvolutionNorm3d(old.projection, temporal=False)
        self.shortcut_norm = nn.BatchNorm3d(old.outputs)
        self.shortcut_norm.load_state_dict(old.shortcut_norm.state_dict())
        positions = rearrange(old.positions, "time channel h w -> channel time h w").contiguous()
        self.register_buffer("positions", positions)

    def forward(self, features: Float[Tensor, "stack channel time height width"]) -> Tensor:
        """Compute the branch and add the shortcut."""
        features = features + self.positions
        branch = self.projection(self.squeeze_excite(self.temporal(self.spatial(self.expansion(features)))))
        if self.training and self.drop_path > 0:
            branch = drop_branch(branch, self.drop_path, len(branch))
        if self.stride > 1:
            features = functional.interpolate(features, size=list(branch.shape[2:]), mode="nearest")
        shortcut: Tensor = self.shortcut_norm(tile_channels(features, self.outputs))
        outputs: Tensor = branch + shortcut
        return outputs
