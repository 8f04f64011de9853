"""How a result was made: versions, machine, command, settings, seed."""

import platform
import shlex
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch


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
            "reverie": version("reverie"),
            "python": platform.python_version(),
            "torch": torch.__version__,
            "numpy": np.__version__,
            "av": version("av"),
        },
        "machine": f"{platform.system()} {platform.machine()}",
    }
