"""Named sizes of each architecture."""

from typing import Any

from reverie.encoders.compact import CompactConfig
from reverie.encoders.dwiseneuro_config import DwiseNeuroConfig
from reverie.encoders.linear_nonlinear import LinearNonlinearConfig
from reverie.encoders.registry import find_architecture
from reverie.foundation.errors import ReverieError

PRESETS: dict[str, dict[str, Any]] = {
    "dwiseneuro": {
        "paper": DwiseNeuroConfig(),
        "small": DwiseNeuroConfig(
            core_features=(12, 16, 24, 32, 64),
            spatial_strides=(2, 2, 1, 2, 1),
            expansion_ratio=3,
            squeeze_ratio=12,
            cortex_features=(256, 512),
        ),
        "tiny": DwiseNeuroConfig(
            core_features=(8, 8, 16),
            spatial_strides=(2, 2, 2),
            expansion_ratio=2,
            squeeze_ratio=8,
            cortex_features=(64, 128),
            dropout=0.1,
            drop_path=0.0,
        ),
    },
    "compact": {
        "small": CompactConfig(stages=1),
        "tiny": CompactConfig(filters=8, filter_size=7, features=8),
        "gaze": CompactConfig(stages=1, shifter=True),
        "contrast": CompactConfig(stages=1, frame_gain=True),
    },
    "linear_nonlinear": {"small": LinearNonlinearConfig(), "tiny": LinearNonlinearConfig(pooling=4)},
}
"""Settings by architecture and name: ``paper`` as published; ``small`` trains on a CPU; ``gaze`` is small, with
receptive fields that the pupil displaces; ``contrast`` is small, with rates that the frame's contrast reduces; ``tiny``
is for trying out."""


def preset(architecture: str, name: str) -> Any:  # noqa: ANN401 - each architecture has its own class of settings
    """Return the settings of an architecture in a named size; for a user's own architecture, ``small`` is its defaults.

    Raises ReverieError when there is no such architecture or preset.

    >>> preset("dwiseneuro", "paper").cortex_features
    (1024, 2048, 4096)
    """
    known = PRESETS.get(architecture) or {"small": find_architecture(architecture).config()}
    if name not in known:
        raise ReverieError(f"The architecture {architecture!r} has no preset {name!r} (it has: {', '.join(known)}).")
    return known[name]
