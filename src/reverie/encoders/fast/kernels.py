"""The compiled kernels, where the machine has a C compiler: built once, kept in the user's cache, used through ctypes.

Without a compiler, or with ``REVERIE_KERNELS=off`` in the environment, everything works as well with torch alone, only
slower.
"""

import ctypes
import hashlib
import os
import platform
import shutil
import subprocess
import tempfile
from functools import lru_cache
from pathlib import Path

import torch
from torch import Tensor

FOLDER = Path(__file__).with_name("c")

# Nothing here may change how the rest of the process rounds: -ffast-math would switch denormal numbers off for all.
FLAGS = ("-O3", "-march=native", "-fno-math-errno", "-fno-trapping-math", "-ffp-contract=fast", "-std=c11")

COMPILERS = ("cc", "gcc", "clang")


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
        )
    )


@lru_cache(maxsize=1)
def library() -> ctypes.CDLL | None:
    """Return the compiled kernels; None where they are switched off or cannot be built."""
    if os.environ.get("REVERIE_KERNELS", "on") == "off":
        return None
    compiler = next(filter(None, map(shutil.which, COMPILERS)), None)
    if compiler is None:
        return None
    try:
        path = _cache_folder() / f"kernels-{_fingerprint(compiler)}.so"
        if not path.exists():
            _build(compiler, path)
        return ctypes.CDLL(str(path))
    except (OSError, subprocess.SubprocessError):
        return None


def usable(tensor: Tensor) -> bool:
    """Return whether the kernels can work on a tensor here."""
    return tensor.device.type == "cpu" and tensor.dtype == torch.float32 and library() is not None


def rounding_pays() -> bool:
    """Return whether the kernels multiply rounded numbers faster than others on this processor."""
    compiled = library()
    return compiled is not None and bool(compiled.rounding_pays())


def call(name: str, shape: Shape, *arguments: Tensor | int | None) -> None:
    """Run one kernel; tensors must be contiguous and on the CPU, of the kernel's own number formats."""
    compiled = library()
    assert compiled is not None
    assert all(each.is_contiguous() for each in arguments if isinstance(each, Tensor))
    compiled[name](ctypes.byref(shape), *(_as_c(each) for each in arguments))


def _as_c(argument: Tensor | int | None) -> ctypes.c_long | ctypes.c_void_p:
    if isinstance(argument, int):
        return ctypes.c_long(argument)
    return ctypes.c_void_p(None if argument is None else argument.data_ptr())


def _build(compiler: str, path: Path) -> None:
    """Compile with threads, or without where the compiler knows none; the file appears whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        built = Path(folder) / path.name
        sources = map(str, sorted(FOLDER.glob("*.c")))
        command = [compiler, *FLAGS, "-shared", "-fPIC", *sources, "-o", str(built)]
        try:
            subprocess.run([*command, "-fopenmp"], check=True, capture_output=True, timeout=60)
        except subprocess.CalledProcessError:
            subprocess.run(command, check=True, capture_output=True, timeout=60)
        built.replace(path)


def _cache_folder() -> Path:
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "reverie"


def _fingerprint(compiler: str) -> str:
    """Tell apart sources, compilers and processors: a home may be shared by machines that differ."""
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sorted(FOLDER.iterdir())))
    digest.update(" ".join([compiler, *FLAGS, platform.machine(), platform.processor()]).encode())
    features = Path("/proc/cpuinfo")
    if features.exists():
        digest.update("".join(sorted({line for line in features.read_text().splitlines() if "flags" in line})).encode())
    return digest.hexdigest()[:16]
