"""DwiseNeuro, the encoder the paper used: a depth-wise convolutional core over five picture planes."""

from collections.abc import Mapping
from itertools import pairwise

import torch
from einops import rearrange
from jaxtyping import Float
from torch import Tensor, nn

from reverie.encoders.contract import readout_index
from reverie.encoders.dwiseneuro_blocks import ConvolutionNorm, CoreBlock, CortexLayer, Readout
from reverie.encoders.dwiseneuro_config import DwiseNeuroConfig, check_config
from reverie.encoders.stacks import PLANES, StackEncoder, StackLayout


class DwiseNeuro(StackEncoder):
    """The winner of the Sensorium 2023 competition, which the paper inverted.

    A clip of ``window`` frames is seen as ``frame_step`` interleaved stacks of ``stack_frames`` frames, each
    predicted on its own.

    >>> from reverie.encoders.dwiseneuro_config import DwiseNeuroConfig
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
        readout = self.readouts[readout_index(self, mouse)]
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
                config,
                size=(height, width),
                stride=stride,
                drop_path=config.drop_path * index / len(config.core_features),
            )
        )
        height, width = -(-height // stride), -(-width // stride)
    return blocks
