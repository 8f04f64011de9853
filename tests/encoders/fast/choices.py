"""Which kernels this machine can run; tests go through all of them, whatever its processor would choose by itself."""

import shutil

import torch

from reverie.encoders.fast.compiling import COMPILERS

COMPILER = any(map(shutil.which, COMPILERS))
AVX2 = torch.backends.cpu.get_cpu_capability() in ("AVX2", "AVX512")

COMPILED = ["native", *(["avx2"] if AVX2 else []), "portable"] if COMPILER else []
CHOICES = [*COMPILED, "off"]
"""Values of REVERIE_KERNELS: without a C compiler only that which needs none."""
