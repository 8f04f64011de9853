"""Padding that is not marked by NaN: responses that are constant at the end of most trials."""

from collections.abc import Mapping
from typing import Final

import numpy as np
from jaxtyping import Shaped

from reverie.recordings.facts import ResponseFacts
from reverie.recordings.source import Source, StoredSeries
from reverie.recordings.spans import FEW_FRAMES

COMPARED: Final = 8
"""Number of trials, evenly chosen, that are checked."""

BY_CHANCE: Final = 1e-3
"""Probability from which on constant frames may be chance and do not count as padding; few neurons with few spikes are
often all silent."""


def padded_note(animal: str, source: Source, recorded: Mapping[str, ResponseFacts]) -> str | None:
    """Return a warning when most trials seem to end in padding that counts as responses, else None."""
    names = [*recorded][:: -(-len(recorded) // COMPARED) or 1]
    still: dict[str, int] = {}
    for name in names:
        series = source.responses(name)
        if not isinstance(series, StoredSeries):
            return None  # cut out of one long recording, so there is no padding
        if frames := frames_still(np.asarray(series.read(0, recorded[name].frames))):
            still[name] = frames
    if 2 * len(still) <= len(names):
        return None
    name, frames = next(iter(still.items()))
    return (
        f"The responses of {animal} stand still in all neurons at the end of most trials (for {frames} frames in trial "
        f"{name}), as padding does, but count as responses: cut these frames off, or write NaN there."
    )


def frames_still(responses: Shaped[np.ndarray, "neuron time"]) -> int:
    """Return the number of frames at the end in which nothing changes, 0 if this may be chance.

    >>> spikes = np.random.default_rng(0).poisson(1.0, (9, 60))
    >>> frames_still(spikes), frames_still(np.pad(spikes, ((0, 0), (0, 20)))), frames_still(spikes[:, :30] * 0)
    (0, 20, 0)
    """
    same = (responses[:, 1:] == responses[:, :-1]).all(axis=0)
    run = int(np.argmin(same[::-1])) if not same.all() else 0
    before = same[: len(same) - run]
    probable = float(before.mean()) ** run if before.size else 1.0
    return run + 1 if run > FEW_FRAMES and probable < BY_CHANCE else 0
