"""The compiled kernels, where the machine has a C compiler, and the layout of their arrays: channels in panels.

They are built once, kept in the user's cache, and called through ctypes. Without a compiler everything works in plain
torch, only slower, and one message says so. The environment variable ``REVERIE_KERNELS`` chooses: ``native`` (the
default), ``avx2`` and ``portable`` (``compiling.PROCESSORS``), or ``off``.
"""

import ctypes
import os
from dataclasses import dataclass
from functools import lru_cache

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from reverie.encoders.dwiseneuro_blocks import CoreBlock
from reverie.encoders.fast.compiling import PROCESSORS, CannotCompileError, compiled_kernels
from reverie.foundation.errors import ReverieError
from reverie.foundation.progress import say

CHOICE = "REVERIE_KERNELS"
"""The environment variable that chooses which kernels are used."""

PANEL = 32
"""Channels of a panel; as in ``c/slopes.h``."""

LANES = 16
"""Numbers that a processor works on together; as in ``c/lanes.h``."""

LARGEST_KERNEL = 11
"""Largest spatial kernel, in pixels, that ``c/lines.h`` has room for."""


def whole_numbers(names: str) -> tuple[tuple[str, type[ctypes.c_long]], ...]:
    """Return the fields of a structure of the kernels, in order of their names."""
    return tuple((name, ctypes.c_long) for name in names.split())


class Shape(ctypes.Structure):
    """How a block's arrays are laid out; the meaning of the fields stands in ``c/shape.h``."""

    _fields_ = whole_numbers(
        "stacks frames tall wide small_tall small_wide stride space_kernel time_kernel panels inputs pitch outputs "
        "outputs_pitch pooled threads"
    )


def library() -> ctypes.CDLL | None:
    """Return the compiled kernels; None where they are switched off or cannot be built.

    Raises
    ------
    ReverieError
        When ``REVERIE_KERNELS`` has an unknown value.
    """
    choice = os.environ.get(CHOICE) or "native"
    if choice not in (*PROCESSORS, "off"):
        raise ReverieError(f"{CHOICE} is {choice!r} but must be {', '.join(PROCESSORS)} or off; set it to one of them.")
    return None if choice == "off" else _library(choice)


@lru_cache(maxsize=len(PROCESSORS))
def _library(processor: str) -> ctypes.CDLL | None:
    try:
        return compiled_kernels(processor)
    except CannotCompileError as error:
        say(
            "Encoders run with torch alone, up to three times slower: their kernels could not be compiled, since "
            f"{error}. Name another C compiler in CC, or set {CHOICE}=off to do without."
        )
        return None


def usable(tensor: Tensor) -> bool:
    """Return whether the kernels can process a tensor on this machine."""
    return tensor.device.type == "cpu" and tensor.dtype == torch.float32 and library() is not None


def rounding_pays() -> bool:
    """Return whether the kernels multiply rounded numbers faster than plain ones on this processor."""
    compiled = library()
    return compiled is not None and bool(compiled.rounding_pays())


def call(name: str, shape: ctypes.Structure, *arguments: Tensor | int | None) -> None:
    """Run one kernel; tensors must be contiguous and on the CPU, of the kernel's own number formats."""
    compiled = library()
    assert compiled is not None
    assert all(each.is_contiguous() for each in arguments if isinstance(each, Tensor))
    compiled[name](ctypes.byref(shape), *(_as_c(each) for each in arguments))


def _as_c(argument: Tensor | int | None) -> ctypes.c_long | ctypes.c_void_p:
    if isinstance(argument, int):
        return ctypes.c_long(argument)
    return ctypes.c_void_p(None if argument is None else argument.data_ptr())


def padded(channels: int) -> int:
    """Return the number of channels, padded to whole panels.

    >>> padded(33)
    64
    """
    return -(-channels // PANEL) * PANEL


def in_panels(matrix: Float[Tensor, "row column"], rows: int | None = None) -> Float[Tensor, "panel rows lane"]:
    """Divide the columns into panels, the last one padded with zeros.

    Parameters
    ----------
    rows
        Pad the rows to this many.
    """
    missing = padded(matrix.shape[1]) - matrix.shape[1]
    filled = functional.pad(matrix, (0, missing, 0, (rows or len(matrix)) - len(matrix)))
    return filled.view(len(filled), -1, PANEL).transpose(0, 1).contiguous()


@dataclass(frozen=True)
class Layout:
    """The sizes of one block."""

    frames: int
    size: tuple[int, int]
    """Height and width of the input pictures."""
    stride: int
    kernels: tuple[int, int]
    """Pixels of the spatial and frames of the temporal layer."""
    middle: int
    inputs: int
    """Channels that the widening reads."""
    pitch: int
    """Distance between rows of features in memory, in numbers."""
    outputs: int
    pooled: bool
    """Whether only the outputs' mean over the picture is needed."""

    @staticmethod
    def of(block: CoreBlock, size: tuple[int, int], inputs: int, pitch: int, pooled: bool) -> "Layout":
        """Return the layout of a block for input pictures of this size."""
        kernels = (block.spatial.convolution.kernel_size[0], block.temporal.convolution.kernel_size[0])
        middle = block.projection.convolution.in_channels
        return Layout(block.frames, size, block.stride, kernels, middle, inputs, pitch, block.outputs, pooled)

    @property
    def pixels(self) -> int:
        """Pixels of an input picture."""
        return self.size[0] * self.size[1]

    @property
    def smaller(self) -> tuple[int, int]:
        """Height and width of the output pictures."""
        return -(-self.size[0] // self.stride), -(-self.size[1] // self.stride)

    @property
    def smaller_pixels(self) -> int:
        """Pixels of a picture after the depth-wise layers."""
        return self.smaller[0] * self.smaller[1]

    @property
    def gated_pixels(self) -> int:
        """Pixels that the gate sees: one, the sum of all, where outputs are pooled."""
        return 1 if self.pooled else self.smaller_pixels

    def shape(self, stacks: int) -> Shape:
        """Return the structure that the kernels read, for a number of stacks."""
        outputs = (self.outputs, padded(self.outputs))
        panels = padded(self.middle) // PANEL
        sizes = (stacks, self.frames, *self.size, *self.smaller, self.stride, *self.kernels)
        return Shape(*sizes, panels, self.inputs, self.pitch, *outputs, int(self.pooled), torch.get_num_threads())
