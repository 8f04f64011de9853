"""A pupil whose size jumps to 0 or below: blinks and lost tracking that are not marked by NaN."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from jaxtyping import Float

from reverie.recordings.gaps import measured

FEWEST: Final = 3
"""Number of frames from which on a pupil of size 0 is mentioned."""

SMALL: Final = 0.25
"""Share of the median size below which pupils are rare; where sizes were scaled such that the smallest is 0, there are
more of these than of size 0."""


def lost_pupil_note(animal: str, trials: Sequence[Float[np.ndarray, " _"]]) -> str | None:
    """Return a warning when the size of the pupil jumps to one value that no pupil has, else None.

    trials: the size in each trial, (time,).

    >>> lost_pupil_note("a", [np.array([5.0, 0.0, 0.0, 0.0, 6.0, 5.5, 6.0])])
    'The pupil of a has the size 0 in 3 of 7 frames, which counts as recorded: write NaN where its tracking was lost.'
    >>> lost_pupil_note("a", [np.linspace(-2.0, 2.0, 9), np.linspace(0.0, 1.0, 9)])
    """
    sizes = np.concatenate([*trials, np.zeros(0)])
    sizes = sizes[measured(sizes)]
    lost, seen = sizes[sizes <= 0], sizes[sizes > 0]
    if not FEWEST <= len(lost) < len(seen) or len(np.unique(lost)) > 1:
        return None
    if np.sum(seen < SMALL * np.median(seen)) > len(lost):
        return None
    return (
        f"The pupil of {animal} has the size {lost[0]:g} in {len(lost)} of {len(sizes)} frames, which counts as "
        "recorded: write NaN where its tracking was lost."
    )
