"""How the compiled kernels want their arrays: channels in panels, sizes in one structure."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from reverie.encoders.dwiseneuro_blocks import CoreBlock
from reverie.encoders.fast.kernels import Shape

PANEL = 32
"""Channels of a panel; as in ``c/slopes.h``."""

LANES = 16
"""Numbers that a processor works on together; as in ``c/lanes.h``."""

LARGEST_KERNEL = 11
"""Largest spatial kernel, in pixels, that ``c/lines.h`` has room for."""


def padded(channels: int) -> int:
    """Return the channels of the panels that so many channels need.

    >>> padded(33)
    64
    """
    return -(-channels // PANEL) * PANEL


def in_panels(matrix: Float[Tensor, "row column"], rows: int | None = None) -> Float[Tensor, "panel rows lane"]:
    """Cut the columns into panels, the last one filled up with zeros; ``rows``: fill the rows up to so many."""
    missing = padded(matrix.shape[1]) - matrix.shape[1]
    filled = functional.pad(matrix, (0, missing, 0, (rows or len(matrix)) - len(matrix)))
    return filled.view(len(filled), -1, PANEL).transpose(0, 1).contiguous()


@dataclass(frozen=True)
class Layout:
    """The sizes of one block.

    size: height and width of the pictures that enter. kernels: pixels of the spatial and frames of the temporal layer.
    inputs: channels that the widening reads. pitch: numbers from one row of features to the next. pooled: whether only
    the outputs' mean over the picture is wanted.
    """

    frames: int
    size: tuple[int, int]
    stride: int
    kernels: tuple[int, int]
    middle: int
    inputs: int
    pitch: int
    outputs: int
    pooled: bool

    @staticmethod
    def of(block: CoreBlock, size: tuple[int, int], inputs: int, pitch: int, pooled: bool) -> "Layout":
        """Return the layout of a block that such pictures enter."""
        kernels = (block.spatial.convolution.kernel_size[0], block.temporal.convolution.kernel_size[0])
        middle = block.projection.convolution.in_channels
        return Layout(block.frames, size, block.stride, kernels, middle, inputs, pitch, block.outputs, pooled)

    @property
    def pixels(self) -> int:
        """Pixels of a picture that enters."""
        return self.size[0] * self.size[1]

    @property
    def smaller(self) -> tuple[int, int]:
        """Height and width of the pictures that leave."""
        return -(-self.size[0] // self.stride), -(-self.size[1] // self.stride)

    @property
    def smaller_pixels(self) -> int:
        """Pixels of a picture that leaves the depth-wise layers."""
        return self.smaller[0] * self.smaller[1]

    @property
    def gated_pixels(self) -> int:
        """Pixels that the gate sees: one, the sum of all, where outputs are pooled."""
        return 1 if self.pooled else self.smaller_pixels

    def shape(self, stacks: int) -> Shape:
        """Return the structure that the kernels read, for so many stacks."""
        outputs = (self.outputs, padded(self.outputs))
        panels = padded(self.middle) // PANEL
        sizes = (stacks, self.frames, *self.size, *self.smaller, self.stride, *self.kernels)
        return Shape(*sizes, panels, self.inputs, self.pitch, *outputs, int(self.pooled), torch.get_num_threads())
