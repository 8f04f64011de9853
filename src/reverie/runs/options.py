"""Options of a run: what is explained together, which controls are made, what it is exported as; light for any verb."""

from dataclasses import dataclass
from typing import Literal

ExportFormat = Literal["nwb", "mp4", "tif", "npz", "zarr"]
"""The formats by name."""


@dataclass(frozen=True)
class Joining:
    """What is explained together."""

    join: Literal["nothing", "repeats", "animals", "all"] = "nothing"
    """Trials that show the same movie explained together: an animal's repeats, one trial of each animal, or all."""
    combine: Literal["movies", "gradients"] = "movies"
    """Several encoders: average their movies (the paper's headline) or join them in one descent."""
    shuffle_control: bool = False
    """Let `map` also reconstruct each trial with its responses shuffled across neurons, and say what that gives."""
