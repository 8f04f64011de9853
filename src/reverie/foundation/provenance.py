"""How a result was made: versions, machine, command, settings, seed."""

import hashlib
import platform
import shlex
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch

import reverie
from reverie.foundation.errors import ReverieError


def describe(settings: Mapping[str, object], *, seed: int, device: torch.device) -> dict[str, object]:
    """Return what a result folder says of itself, ready for JSON."""
    return {
        "settings": dict(settings),
        "seed": seed,
        "device": str(device),
        "threads": torch.get_num_threads(),
        "command": shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]]),
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": {
            "reverie": reverie.__version__,
            "python": platform.python_version(),
            "torch": torch.__version__,
            "numpy": np.__version__,
            "av": version("av"),
        },
        "machine": f"{platform.system()} {platform.machine()}",
    }


def fingerprint(path: Path) -> str:
    """Return the first 16 hexadecimal digits of a file's SHA-256, to tell which weights were used.

    Raises ReverieError when the file is missing.
    """
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()[:16]
    except OSError as error:
        raise ReverieError(f"{path} cannot be read; is this the folder of a trained encoder?") from error
