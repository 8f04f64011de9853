"""Options of a run and of its export, in a module that is quick to import, for the command line."""

from dataclasses import dataclass
from typing import Literal

ExportFormat = Literal["nwb", "mp4", "tif", "npz", "zarr"]
"""The formats by name."""


@dataclass(frozen=True)
class Joining:
    """Which trials are explained together, and whether there is a shuffle control."""

    join: Literal["nothing", "repeats", "animals", "all"] = "nothing"
    """Trials that show the same movie explained together: an animal's repeats, one trial of each animal, or all."""
    combine: Literal["movies", "gradients"] = "movies"
    """With several encoders: average their movies, as the paper does, or join their gradients in one search."""
    shuffle_control: bool = False
    """Also reconstruct each trial by `map` with its responses shuffled between neurons, and report what that gives."""
