"""The layers DwiseNeuro is made of.

The core works on (batch · time, channel, height, width) tensors whose channels lie last in memory. The spatial
depth-wise convolution is then an ordinary two-dimensional one. The temporal one is two-dimensional too, over a view
(time, height · width) of the same memory. This is several times faster than three-dimensional convolutions, with the
same parameters and the same result.
"""

import math

import torch
from einops import rearrange
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from reverie.encoders.dwiseneuro_config import DwiseNeuroConfig


def drop_branch(branch: Float[Tensor, "row *rest"], probability: float, samples: int) -> Float[Tensor, "row *rest"]:
    """Stochastic depth: silence the branch of some samples of the batch and scale up the others'.

    Parameters
    ----------
    branch
        Its first axis holds ``samples`` samples, each of the same number of rows.
    """
    keep = 1.0 - probability
    chosen = branch.new_empty(samples).bernoulli_(keep).div_(keep)
    chosen = chosen.repeat_interleave(branch.shape[0] // samples)
    return branch * chosen.view(-1, *(1,) * (branch.ndim - 1))


def tile_channels(features: Float[Tensor, "batch channel *rest"], channels: int) -> Float[Tensor, "batch more *rest"]:
    """Repeat (or cut) the channels, in order, until there are ``channels`` of them."""
    whole, part = divmod(channels, features.shape[1])
    if whole == 1 and part == 0:
        return features
    return torch.cat([features] * whole + [features[:, :part]] * (part > 0), dim=1)


def sine_positions(channels: int, frames: int, height: int, width: int) -> Float[Tensor, "frames channel height width"]:
    """Return the three-dimensional sine encoding of position: a third of the channels for each of time, row, column.

    Each third holds the sines, then the cosines, of the index times falling frequencies (base 10 000).
    """
    third = math.ceil(channels / 6) * 2
    frequencies = 10000.0 ** -(torch.arange(0, third, 2).float() / third)

    def waves(length: int) -> Float[Tensor, "third length"]:
        angles = torch.outer(frequencies, torch.arange(length).float())
        return torch.cat([angles.sin(), angles.cos()])

    encoding = torch.empty(frames, 3 * third, height, width)
    encoding[:, :third] = waves(frames).T[:, :, None, None]
    encoding[:, third : 2 * third] = waves(height)[None, :, :, None]
    encoding[:, 2 * third :] = waves(width)[None, :, None, :]
    return encoding[:, :channels].contiguous(memory_format=torch.channels_last)


def scale_and_shift(
    norm: nn.BatchNorm1d | nn.BatchNorm2d,
) -> tuple[Float[Tensor, " channel"], Float[Tensor, " channel"]]:
    """Return the scale and the shift that a normalisation applies to each channel in evaluation mode."""
    scale = norm.weight * torch.rsqrt(norm.get_buffer("running_var") + norm.eps)
    return scale, norm.bias - norm.get_buffer("running_mean") * scale


class ConvolutionNorm(nn.Module):
    """A convolution without bias followed by batch normalisation, and, by default, by a SiLU."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: tuple[int, int] = (1, 1),
        *,
        stride: int = 1,
        depthwise: bool = False,
        activate: bool = True,
    ) -> None:
        super().__init__()
        padding = (kernel[0] // 2, kernel[1] // 2)
        groups = inputs if depthwise else 1
        self.convolution = nn.Conv2d(inputs, outputs, kernel, stride, padding, groups=groups, bias=False)
        self.norm = nn.BatchNorm2d(outputs)
        self.activate = activate

    def forward(self, features: Float[Tensor, "batch inputs height width"]) -> Float[Tensor, "batch outputs tall wide"]:
        """Convolve, normalise, activate."""
        if self.training:
            normalised: Tensor = self.norm(self.convolution(features))
        else:
            layer, (weight, bias) = self.convolution, self.folded()
            normalised = functional.conv2d(features, weight, bias, layer.stride, layer.padding, groups=layer.groups)
        return functional.silu(normalised, inplace=not torch.is_grad_enabled()) if self.activate else normalised

    def folded(self) -> tuple[Float[Tensor, "outputs inputs tall wide"], Float[Tensor, " outputs"]]:
        """Return weight and bias of the one convolution that both are equal to in evaluation mode."""
        scale, shift = scale_and_shift(self.norm)
        return self.convolution.weight * scale[:, None, None, None], shift


class SqueezeExcite(nn.Module):
    """Scale each channel by a gate computed from its mean over time and space."""

    def __init__(self, channels: int, reduced: int) -> None:
        super().__init__()
        self.reduce = nn.Linear(channels, reduced)
        self.expand = nn.Linear(reduced, channels)

    def forward(
        self, features: Float[Tensor, "batch_time channel height width"], frames: int
    ) -> Float[Tensor, "batch_time channel height width"]:
        """Gate the channels of each sample, which is ``frames`` consecutive rows of the first axis."""
        mean = features.mean((2, 3)).view(-1, frames, features.shape[1]).mean(1)
        gate = torch.sigmoid(self.expand(functional.silu(self.reduce(mean))))
        return features * gate.repeat_interleave(frames, 0)[:, :, None, None]


class CoreBlock(nn.Module):
    """Position added, then an inverted residual: expansion, spatial, temporal, squeeze-excite, projection, shortcut."""

    positions: Tensor

    def __init__(
        self,
        inputs: int,
        outputs: int,
        config: DwiseNeuroConfig,
        *,
        size: tuple[int, int],
        stride: int,
        drop_path: float,
    ) -> None:
        super().__init__()
        middle, frames, kernel = inputs * config.expansion_ratio, config.stack_frames, config.spatial_kernel
        self.frames, self.outputs, self.stride, self.drop_path = frames, outputs, stride, drop_path
        self.expansion = ConvolutionNorm(inputs, middle)
        self.spatial = ConvolutionNorm(middle, middle, (kernel, kernel), stride=stride, depthwise=True)
        self.temporal = ConvolutionNorm(middle, middle, (config.temporal_kernel, 1), depthwise=True)
        self.squeeze_excite = SqueezeExcite(middle, middle // config.squeeze_ratio)
        self.projection = ConvolutionNorm(middle, outputs, activate=False)
        self.shortcut_norm = nn.BatchNorm2d(outputs)
        self.register_buffer("positions", sine_positions(inputs, frames, *size), persistent=False)

    def convolve_time(
        self, features: Float[Tensor, "batch_time channel height width"]
    ) -> Float[Tensor, "batch_time channel height width"]:
        """Convolve along time: the same memory, seen as a picture of (time, height · width)."""
        height, width = features.shape[2:]
        pictures = rearrange(features, "(batch time) channel h w -> batch channel time (h w)", time=self.frames)
        convolved: Tensor = self.temporal(pictures)
        return rearrange(convolved, "batch channel time (h w) -> (batch time) channel h w", h=height, w=width)

    def shortcut(
        self, features: Float[Tensor, "batch_time channel height width"]
    ) -> Float[Tensor, "batch_time outputs tall wide"]:
        """Copy the nearest of the strided pixels, tile the channels, normalise."""
        if self.stride > 1:
            size = [math.ceil(length / self.stride) for length in features.shape[2:]]
            features = functional.interpolate(features, size=size, mode="nearest")
        normalised: Tensor = self.shortcut_norm(tile_channels(features, self.outputs))
        return normalised

    def forward(
        self, features: Float[Tensor, "batch_time channel height width"]
    ) -> Float[Tensor, "batch_time outputs tall wide"]:
        """Compute the residual branch and add the shortcut."""
        stacks = rearrange(features, "(batch time) channel h w -> batch time channel h w", time=self.frames)
        features = rearrange(stacks + self.positions.to(features.dtype), "batch time ... -> (batch time) ...")
        branch = self.convolve_time(self.spatial(self.expansion(features)))
        branch = self.projection(self.squeeze_excite(branch, self.frames))
        if self.training and self.drop_path > 0:
            branch = drop_branch(branch, self.drop_path, len(branch) // self.frames)
        return branch + self.shortcut(features)


class CortexLayer(nn.Module):
    """A grouped point-wise layer whose channels are shuffled between the groups, beside a tiled shortcut."""

    def __init__(self, inputs: int, outputs: int, *, groups: int, drop_path: float) -> None:
        super().__init__()
        self.outputs, self.groups, self.drop_path = outputs, groups, drop_path
        self.convolution = nn.Conv1d(inputs, outputs, 1, groups=groups, bias=False)
        self.norm = nn.BatchNorm1d(outputs)
        self.shortcut_norm = nn.BatchNorm1d(outputs)

    def forward(self, features: Float[Tensor, "batch inputs time"]) -> Float[Tensor, "batch outputs time"]:
        """Mix the channels frame by frame and add the shortcut."""
        branch = functional.silu(self.norm(self.convolution(features)))
        branch = rearrange(branch, "batch (group channel) time -> batch (channel group) time", group=self.groups)
        if self.training and self.drop_path > 0:
            branch = drop_branch(branch, self.drop_path, len(branch))
        shortcut: Tensor = self.shortcut_norm(tile_channels(features, self.outputs))
        return branch + shortcut


class Readout(nn.Module):
    """One animal's neurons: dropout of whole channels, a grouped point-wise layer, softplus."""

    def __init__(self, inputs: int, neurons: int, *, groups: int, softplus_beta: float, dropout: float) -> None:
        super().__init__()
        self.neurons, self.softplus_beta = neurons, softplus_beta
        self.dropout = nn.Dropout1d(dropout)
        # Groups are equally large, so a few outputs beyond the last neuron may be computed and then dropped.
        self.convolution = nn.Conv1d(inputs, math.ceil(neurons / groups) * groups, 1, groups=groups)

    def forward(self, features: Float[Tensor, "batch inputs time"]) -> Float[Tensor, "batch neuron time"]:
        """Turn cortex features into rates."""
        drive: Tensor = self.convolution(self.dropout(features))
        return functional.softplus(drive[:, : self.neurons], beta=self.softplus_beta)
