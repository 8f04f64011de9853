"""Batch normalisation, a fixed scale and shift once training is over, folded into the layer before it."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from reverie.encoders.dwiseneuro_blocks import ConvolutionNorm


def scale_and_shift(
    norm: nn.BatchNorm1d | nn.BatchNorm2d,
) -> tuple[Float[Tensor, " channel"], Float[Tensor, " channel"]]:
    """Return the scale and the shift of each channel that a normalisation comes to in evaluation mode."""
    scale = norm.weight.detach() * torch.rsqrt(norm.get_buffer("running_var") + norm.eps)
    return scale, norm.bias.detach() - norm.get_buffer("running_mean") * scale


def folded(layer: ConvolutionNorm) -> tuple[Float[Tensor, "outputs inputs tall wide"], Float[Tensor, " outputs"]]:
    """Return the weight and the bias of the one convolution that a convolution and its normalisation come to."""
    scale, shift = scale_and_shift(layer.norm)
    return layer.convolution.weight.detach() * scale[:, None, None, None], shift
