"""The compiled kernels, where the machine has a C compiler: built once, kept in the user's cache, used through ctypes.

Without a compiler everything works as well with torch alone, only slower; that is said once. The environment variable
``REVERIE_KERNELS`` chooses: ``native`` (the default), ``avx2`` and ``portable`` (``compiling.PROCESSORS``), or ``off``.
"""

import ctypes
import os
from functools import lru_cache
from typing import Final

import torch
from torch import Tensor

from reverie.encoders.fast.compiling import PROCESSORS, CannotCompileError, compiled_kernels
from reverie.foundation.errors import ReverieError
from reverie.foundation.progress import say

CHOICE: Final = "REVERIE_KERNELS"
"""The environment variable that chooses which kernels are used."""


class Shape(ctypes.Structure):
    """How a block's arrays are laid out; the meaning of the fields stands in ``c/shape.h``."""

    _fields_ = tuple(
        (name, ctypes.c_long)
        for name in (
            "stacks",
            "frames",
            "tall",
            "wide",
            "small_tall",
            "small_wide",
            "stride",
            "space_kernel",
            "time_kernel",
            "panels",
            "inputs",
            "pitch",
            "outputs",
            "outputs_pitch",
            "pooled",
            "threads",
        )
    )


def library() -> ctypes.CDLL | None:
    """Return the compiled kernels; None where they are switched off or cannot be had.

    Raises
    ------
    ReverieError
        When ``REVERIE_KERNELS`` is none of the words it may be.

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
    """Return whether the kernels can work on a tensor here."""
    return tensor.device.type == "cpu" and tensor.dtype == torch.float32 and library() is not None


def rounding_pays() -> bool:
    """Return whether the kernels multiply rounded numbers faster than others on this processor."""
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
