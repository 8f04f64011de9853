"""Where to compute, how to make it repeatable, and the record of how a result was made."""

import ctypes
import platform
import random
import shlex
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch

from reverie.foundation.errors import ReverieError

TRIM_THRESHOLD = -1
LARGEST_SEPARATE_BLOCKS = -4
"""Options M_TRIM_THRESHOLD and M_MMAP_MAX of the C library's mallopt."""

_PRECISION = threading.Lock()
_CHOSEN: list[torch.dtype] = []
"""The caller's default precision, once for each call that is computing in single precision."""


def choose_device(name: str = "auto") -> torch.device:
    """Return the named device, or for ``auto`` the best one present (CUDA, then MPS, then CPU).

    Raises ReverieError when the name is unknown or the machine has no such device.

    >>> choose_device("cpu")
    device(type='cpu')
    """
    if name == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError, NotImplementedError, TypeError) as error:
        raise ReverieError(f"The device {name!r} cannot be used here; choose auto, cpu, cuda or mps.") from error
    return device


def seed_everything(seed: int) -> None:
    """Seed Python, numpy and torch, so that the same seed gives the same bits on one machine."""
    random.seed(seed)
    np.random.seed(seed % 2**32)  # noqa: NPY002 - libraries we call may use the global generator
    torch.manual_seed(seed)


@contextmanager
def torch_defaults() -> Iterator[None]:
    """Compute as on the command line, whatever a notebook chose; restore its choices and random numbers afterwards.

    The choices are those of gradients (``torch.no_grad``, ``torch.inference_mode``) and of the default precision. All
    threads share the latter, so it is restored when the last of them is done.
    """
    states = random.getstate(), np.random.get_state()  # noqa: NPY002
    with _PRECISION:
        _CHOSEN.append(_CHOSEN[0] if _CHOSEN else torch.get_default_dtype())
        torch.set_default_dtype(torch.float32)
    try:
        with torch.random.fork_rng(devices=()), torch.inference_mode(mode=False), torch.enable_grad():
            yield
    finally:
        with _PRECISION:
            before = _CHOSEN.pop()
            if not _CHOSEN:
                torch.set_default_dtype(before)
        random.setstate(states[0])
        np.random.set_state(states[1])  # noqa: NPY002


def seed_torch(seed: int, device: torch.device) -> None:
    """Seed the generator that torch draws from on a device, as often as every step.

    ``torch.manual_seed`` would be slow: without a GPU it records, on each call and for three kinds of devices, a
    seeding to be done later, with a stack trace.

    >>> seed_torch(3, torch.device("cpu"))
    >>> drawn, same = torch.rand(2), torch.manual_seed(3)
    >>> torch.equal(drawn, torch.rand(2))
    True
    """
    if device.type == "cpu":
        torch.default_generator.manual_seed(seed)
    else:
        torch.manual_seed(seed)


def prepare_threads() -> None:
    """Make arithmetic on a CPU as fast as possible, without changing results noticeably.

    Denormal numbers become 0: the far tails of filters otherwise slow a CPU down by an order of magnitude. Freed memory
    is kept for the next step: on Linux, large arrays otherwise go back to the system each time, and allocating them
    again takes two to five times as long as the arithmetic of a small network.
    """
    torch.set_flush_denormal(True)
    with suppress(AttributeError, OSError, TypeError):  # only the GNU C library has it
        allocator = ctypes.CDLL(None)
        allocator.mallopt(LARGEST_SEPARATE_BLOCKS, 0)
        allocator.mallopt(TRIM_THRESHOLD, -1)


def describe(settings: Mapping[str, object], *, seed: int, device: torch.device) -> dict[str, object]:
    """Return the record of how a result was made, ready for JSON."""
    return {
        "settings": dict(settings),
        "seed": seed,
        "device": str(device),
        "threads": torch.get_num_threads(),
        "command": shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]]),
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": {
            "reverie": version("reverie"),
            "python": platform.python_version(),
            "torch": torch.__version__,
            "numpy": np.__version__,
            "av": version("av"),
        },
        "machine": f"{platform.system()} {platform.machine()}",
    }
