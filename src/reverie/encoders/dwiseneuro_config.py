"""The architecture of a DwiseNeuro as data, and the check that such a network is possible."""

from collections.abc import Iterator
from dataclasses import dataclass

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
