"""Which kernels this machine can run; tests go through all of them, whatever its processor would choose by itself."""

import shutil
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from reverie.encoders.fast.compiling import COMPILERS

COMPILER = any(map(shutil.which, COMPILERS))
AVX2 = torch.backends.cpu.get_cpu_capability() in ("AVX2", "AVX512")

COMPILED = ["native", *(["avx2"] if AVX2 else []), "portable"] if COMPILER else []
CHOICES = [*COMPILED, "off"]
"""Values of REVERIE_KERNELS: without a C compiler only that which needs none."""


def by_threads(compute: Callable[[], Sequence[Tensor]]) -> list[Sequence[Tensor]]:
    """Return what is computed with one thread and with several."""
    threads, found = torch.get_num_threads(), []
    try:
        for count in (1, 2, 5):
            torch.set_num_threads(count)
            found.append(compute())
    finally:
        torch.set_num_threads(threads)
    return found
