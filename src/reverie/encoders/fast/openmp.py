"""The OpenMP runtime that torch has loaded. Whoever wants threads should use that one: two runtimes in one process
start twice as many threads as there are processors, and neither obeys what the other is told."""

import ctypes
from functools import lru_cache
from pathlib import Path

import torch


class _Found(ctypes.Structure):
    """What ``dladdr`` tells of an address (``Dl_info``)."""

    _fields_ = (
        ("file", ctypes.c_char_p),
        ("base", ctypes.c_void_p),
        ("name", ctypes.c_char_p),
        ("address", ctypes.c_void_p),
    )


@lru_cache(maxsize=1)
def torch_runtime() -> Path | None:
    """Return the file of torch's OpenMP runtime, None where it has none or the system does not tell."""
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
