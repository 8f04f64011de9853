"""DwiseNeuro, the encoder the paper used: a depth-wise convolutional core over five picture planes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

import torch
from einops import rearrange
from jaxtyping import Float
from torch import Tensor, nn

from reverie.encoders.contract import row_of
from reverie.encoders.dwiseneuro_blocks import ConvolutionNorm, CoreBlock, CortexLayer, Readout
from reverie.encoders.stacks import PLANES, StackEncoder, StackLayout
from reverie.foundation.errors import ReverieError


@dataclass(frozen=True)
class DwiseNeuroConfig:
    """The architecture of a DwiseNeuro; defaults are those of the paper (Bauer et al. 2026, Methods)."""

    core_features: tuple[int, ...] = (64, 64, 64, 64, 128, 128, 128, 256, 256)
    """Channels of each core block."""
    spatial_strides: tuple[int, ...] = (2, 1, 1, 1, 2, 1, 1, 2, 1)
    """Spatial stride of each core block."""
    spatial_kernel: int = 3
    """Odd size in pixels."""
    temporal_kernel: int = 5
    """Odd size in frames."""
    expansion_ratio: int = 7
    """How many times more channels a block has inside."""
    squeeze_ratio: int = 32
    """How many times fewer channels a block's gate has."""
    cortex_features: tuple[int, ...] = (1024, 2048, 4096)
    """Channels of each cortex layer, in ``groups`` groups."""
    groups: int = 2
    """Number of groups of the channels of cortex layers and readouts."""
    softplus_beta: float = 0.07
    """Steepness of the last non-linearity."""
    dropout: float = 0.4
    """Dropout probability of readout channels."""
    drop_path: float = 0.1
    """Greatest probability that a block is skipped."""
    stack_frames: int = 16
    """Frames of a stack."""
    frame_step: int = 2
    """Distance between the frames of a stack."""
    canvas: tuple[int, int] = (64, 64)
    """Height and width of the planes, on which movies are centred."""
    padding: float = 0.0
    """Grey level of the planes around the movie."""


class DwiseNeuro(StackEncoder):
    """The winner of the Sensorium 2023 competition, which the paper inverted.

    A clip of ``window`` frames is seen as ``frame_step`` interleaved stacks of ``stack_frames`` frames, each
    predicted on its own.

    >>> from reverie.encoders.dwiseneuro import DwiseNeuro, DwiseNeuroConfig
    >>> config = DwiseNeuroConfig((6, 6), (2, 2), squeeze_ratio=6, cortex_features=(8,))
    >>> encoder = DwiseNeuro(config, {"mouse": 3}, (36, 64))
    >>> encoder(torch.zeros(1, 32, 36, 64), torch.zeros(1, 4, 32), "mouse").shape
    torch.Size([1, 3, 32])
    """

    def __init__(
        self, config: DwiseNeuroConfig, mice: Mapping[str, int], frame_size: tuple[int, int] = (36, 64)
    ) -> None:
        check_config(config)
        layout = StackLayout(config.stack_frames, config.frame_step, config.canvas, config.padding)
        super().__init__(mice, frame_size, layout)
        self.config = config
        self.stem = ConvolutionNorm(PLANES, config.core_features[0], activate=False)
        self.blocks = nn.Sequential(*core_blocks(config))
        self.cortex = nn.Sequential(
            *(
                CortexLayer(inputs, outputs, groups=config.groups, drop_path=config.drop_path)
                for inputs, outputs in pairwise((config.core_features[-1], *config.cortex_features))
            )
        )
        self.readouts = nn.ModuleList(
            Readout(
                (config.core_features[-1], *config.cortex_features)[-1],
                neurons,
                groups=config.groups,
                softplus_beta=config.softplus_beta,
                dropout=config.dropout,
            )
            for neurons in mice.values()
        )

    def stacks_at_once(self) -> int:
        """Return how many stacks of a prediction fit in about a gigabyte, estimated from the widest features."""
        config = self.config
        widest = max(config.core_features[0] * config.expansion_ratio, *config.core_features)
        numbers = config.stack_frames * config.canvas[0] * config.canvas[1] * widest
        return max(1, min(32, 2**26 // numbers))

    def network(
        self, planes: Float[Tensor, "batch 5 time tall wide"], mouse: str
    ) -> Float[Tensor, "batch neuron time"]:
        """Predict the rates of stacks of picture planes, ``stack_frames`` frames each: the published network itself."""
        readout = self.readouts[row_of(self, mouse)]
        frames = rearrange(planes, "batch plane time h w -> (batch time) plane h w")
        features = self.blocks(self.stem(frames.contiguous(memory_format=torch.channels_last)))
        pooled = rearrange(features.mean((2, 3)), "(batch time) channel -> batch channel time", batch=len(planes))
        rates: Tensor = readout(self.cortex(pooled))
        return rates


def core_blocks(config: DwiseNeuroConfig) -> list[CoreBlock]:
    """Return the core's blocks; each outputs as many channels as the next one takes, and reduces the picture."""
    blocks: list[CoreBlock] = []
    height, width = config.canvas
    following = (*config.core_features[1:], config.core_features[-1])
    for index, (inputs, outputs, stride) in enumerate(
        zip(config.core_features, following, config.spatial_strides, strict=True)
    ):
        blocks.append(
            CoreBlock(
                inputs,
                outputs,
                frames=config.stack_frames,
                size=(height, width),
                stride=stride,
                spatial_kernel=config.spatial_kernel,
                temporal_kernel=config.temporal_kernel,
                expansion_ratio=config.expansion_ratio,
                squeeze_ratio=config.squeeze_ratio,
                drop_path=config.drop_path * index / len(config.core_features),
            )
        )
        height, width = -(-height // stride), -(-width // stride)
    return blocks


def check_config(config: DwiseNeuroConfig) -> None:
    """Raise ReverieError when no network can have this architecture."""
    defect = next(_defects(config), None)
    if defect is not None:
        raise ReverieError(f"The DwiseNeuro configuration is not possible: {defect}.")


def _defects(config: DwiseNeuroConfig) -> Iterator[str]:
    features = (*config.core_features, *config.cortex_features)
    counts = (config.expansion_ratio, config.squeeze_ratio, config.groups, config.stack_frames, config.frame_step)
    if min(*features, *config.spatial_strides, *config.canvas, *counts) < 1:
        yield "every size must be at least 1"
    if not 0 < len(config.core_features) == len(config.spatial_strides):
        yield "core_features and spatial_strides must be equally long and not empty"
    if config.spatial_kernel % 2 == 0 or config.temporal_kernel % 2 == 0:
        yield "spatial_kernel and temporal_kernel must be odd"
    if any(count % config.groups for count in (config.core_features[-1], *config.cortex_features)):
        yield "groups must divide the last core feature and every cortex feature"
    if min(config.core_features) * config.expansion_ratio < config.squeeze_ratio:
        yield "squeeze_ratio must not exceed a block's width"
