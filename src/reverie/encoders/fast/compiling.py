"""Compiling the kernels in ``c/`` with the machine's own C compiler, and keeping the library for the next process."""

import ctypes
import hashlib
import os
import platform
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path

import torch

from reverie.foundation.caches import cache_folders, is_own
from reverie.foundation.progress import say

SOURCES = Path(__file__).with_name("c")

COMPILERS = ("cc", "gcc", "clang")
"""Compilers to try, in this order, unless CC names one."""

# Nothing here may change how the rest of the process rounds: -ffast-math would switch denormal numbers off for all.
FLAGS = ("-O3", "-fno-math-errno", "-fno-trapping-math", "-ffp-contract=fast", "-std=c11", "-fPIC")

PROCESSORS: Mapping[str, tuple[str, ...]] = {
    "native": ("-march=native",),
    "avx2": ("-mavx2", "-mfma"),
    "portable": (),
}
"""Compiler flags by processor that the kernels can be compiled for: this machine's with all its features, one with AVX2
but without AVX-512, and any of this architecture."""

COMPILER_TIMEOUT = 600.0
"""Seconds a compiler may take. On a quiet machine it needs five; only one that hangs should be given up."""


class _Found(ctypes.Structure):
    """What ``dladdr`` returns on an address (``Dl_info``)."""

    _fields_ = (
        ("file", ctypes.c_char_p),
        ("base", ctypes.c_void_p),
        ("name", ctypes.c_char_p),
        ("address", ctypes.c_void_p),
    )


@lru_cache(maxsize=1)
def torch_runtime() -> Path | None:
    """Return the file of torch's OpenMP runtime, None where there is none or the system cannot tell."""
    folder = Path(torch.__file__).with_name("lib")
    for library in sorted(folder.glob("libtorch_cpu.*")):
        try:
            # A name is looked up in the library and those it was linked to, so that the answer is torch's own runtime.
            address = ctypes.cast(ctypes.CDLL(str(library)).omp_get_max_threads, ctypes.c_void_p)
            found = _Found()
            if ctypes.CDLL(None).dladdr(address, ctypes.byref(found)) and found.file:
                return Path(found.file.decode())
        except (AttributeError, OSError, TypeError):
            continue
    return None


class CannotCompileError(Exception):
    """Raised with the reason, in a few words, why there are no kernels."""


def compiled_kernels(processor: str) -> ctypes.CDLL:
    """Return the kernels compiled for one of ``PROCESSORS``, compiled first where no earlier process kept them.

    Raises
    ------
    CannotCompileError
        When there is no compiler, it fails, or the library cannot be loaded from any folder.
    """
    if processor == "avx2" and torch.backends.cpu.get_cpu_capability() not in ("AVX2", "AVX512"):
        raise CannotCompileError("this processor has no AVX2")
    compiler = _compiler()
    name = f"kernels-{_fingerprint(compiler, processor)}.so"
    for folder in cache_folders("reverie"):
        try:
            return _telling_of_threads(_kept_in(folder / name, compiler, processor))
        except OSError:
            continue  # a full disk, a file system that runs no code, or one that only seems to be writable
    try:
        with tempfile.TemporaryDirectory() as temporary:
            return _telling_of_threads(_kept_in(Path(temporary) / name, compiler, processor))
    except OSError as error:
        raise CannotCompileError(f"no folder was found to keep them in: {error}") from error


def _compiler() -> list[str]:
    """Return the command of the compiler: that in CC, or the first of ``COMPILERS`` that is installed."""
    named = shlex.split(os.environ.get("CC", ""))
    if named:
        place = shutil.which(named[0])
        if place is None:
            raise CannotCompileError(f"the compiler {named[0]}, which CC names, was not found")
        return [str(Path(place).absolute()), *named[1:]]
    found = next(filter(None, map(shutil.which, COMPILERS)), None)
    if found is None:
        raise CannotCompileError(f"no C compiler was found: there is no {', '.join(COMPILERS)}, and CC names none")
    return [found]


def _kept_in(path: Path, compiler: Sequence[str], processor: str) -> ctypes.CDLL:
    if not (path.exists() and is_own(path)):
        _compile([*compiler, *FLAGS, *PROCESSORS[processor]], path)
    return ctypes.CDLL(str(path))


def _telling_of_threads(kernels: ctypes.CDLL) -> ctypes.CDLL:
    if not kernels.uses_threads():
        say("The compiled kernels use one thread only, since they could not be linked to the OpenMP of torch.")
    return kernels


def _compile(command: Sequence[str], path: Path) -> None:
    """Compile with threads, or without where that is impossible; the file appears whole or not at all."""
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        built = Path(folder) / path.name
        try:
            _compile_with_threads(command, built)
        except CannotCompileError:
            _run([*command, "-shared", *_sources(), "-lm", "-o", built.name], built.parent)
        built.chmod(0o700)
        built.replace(path)


def _compile_with_threads(command: Sequence[str], built: Path) -> None:
    """Compile, and link to the OpenMP runtime that torch has loaded.

    With ``-fopenmp``, a compiler would link its own runtime. A second runtime in the process would start threads beside
    those of torch.
    """
    runtime = torch_runtime()
    if runtime is None:
        raise CannotCompileError("the OpenMP runtime of torch was not found")
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda source: _run([*command, "-fopenmp", "-c", source], built.parent), _sources()))
    objects = sorted(path.name for path in built.parent.glob("*.o"))
    complete = ["-Wl,--no-undefined"] if sys.platform == "linux" else []
    _run([*command, "-shared", *complete, *objects, str(runtime), "-lm", "-o", built.name], built.parent)


def _run(command: Sequence[str], folder: Path) -> None:
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=COMPILER_TIMEOUT, cwd=folder)
    except subprocess.CalledProcessError as error:
        lines = error.stderr.decode(errors="replace").splitlines()
        complaint = next(
            (line for line in lines if "error" in line), lines[-1] if lines else f"code {error.returncode}"
        )
        raise CannotCompileError(f"the compiler {command[0]} failed: {complaint.strip()}") from error
    except subprocess.TimeoutExpired as error:
        raise CannotCompileError(f"the compiler {command[0]} took longer than {COMPILER_TIMEOUT:.0f} s") from error
    except OSError as error:
        raise CannotCompileError(f"the compiler {command[0]} could not be run: {error.strerror}") from error


def _sources() -> list[str]:
    return [str(path) for path in sorted(SOURCES.glob("*.c"))]


def _fingerprint(compiler: Sequence[str], processor: str) -> str:
    """Return a hash of sources, compiler, runtime and processor: machines that differ may share a home directory."""
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sorted(SOURCES.iterdir())))
    words = [*compiler, *FLAGS, *PROCESSORS[processor], str(torch_runtime()), platform.machine(), platform.processor()]
    digest.update(" ".join(words).encode(errors="surrogateescape"))
    features = Path("/proc/cpuinfo")
    if features.exists():
        lines = features.read_text(encoding="ascii", errors="replace").splitlines()
        digest.update("".join(sorted({line for line in lines if "flags" in line})).encode())
    return digest.hexdigest()[:16]
