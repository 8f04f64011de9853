"""How much of an experiment is done: from minutes on a laptop to the paper's full size."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from reverie.foundation.errors import ReverieError


@dataclass(frozen=True)
class Scale:
    """The size of an experiment.

    clips: different movies of each animal. stride: frames between windows. stops: numbers of steps to choose from on
    validation clips; a single one is taken without asking. validation: clips of each animal to choose on.
    shares: of the neurons, in the experiment on population size. thresholds: of the mask that are swept. probes: pixels
    between two places where a pixel is shown to find receptive fields.
    """

    name: str
    clips: int
    stride: int
    stops: tuple[int, ...]
    validation: int
    shares: tuple[float, ...]
    thresholds: tuple[float, ...]
    probes: int


THRESHOLDS: Final = (0.0, 0.25, 0.5, 0.75, 1.0, 1.1, 1.2)

SCALES: Final[Mapping[str, Scale]] = {
    scale.name: scale
    for scale in (
        Scale("quick", 2, 32, (10, 20, 30, 45), 1, (1.0, 0.25), THRESHOLDS, 2),
        Scale("laptop", 6, 32, (20, 40, 60, 80, 100, 150, 200), 3, (1.0, 0.5, 0.25, 0.125), THRESHOLDS, 1),
        Scale("paper", 10, 8, (1000,), 0, (1.0, 0.5, 0.25, 0.125), THRESHOLDS, 1),
    )
}
"""``paper`` has the published numbers of clips, windows and steps."""


def find_scale(name: str) -> Scale:
    """Return a scale by its name; raises ReverieError when there is none of that name."""
    if name not in SCALES:
        raise ReverieError(f"There is no scale {name!r}; choose one of {', '.join(SCALES)}.")
    return SCALES[name]
