"""Responses stored as (time, neuron) instead of (neuron, time): recognised by values where lengths do not show it.

Responses in one frame are similar to those in the next, while neighbouring neurons in a file are not similar. Where
there are as many neurons as frames, nothing else distinguishes rows from columns.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np
from jaxtyping import Float

from reverie.recordings.facts import ResponseFacts
from reverie.recordings.source import Source, StoredSeries
from reverie.recordings.spans import FEW_FRAMES

COMPARED: Final = 8
"""Number of trials, evenly chosen, that are checked."""

CLEAR: Final = 0.1
"""Difference of correlations from which on neighbouring columns are clearly more similar than neighbouring rows, or
less. In simulated recordings of every kind, two trials of 40 neurons and 40 frames give 0.2 to 0.8."""


def turned_note(animal: str, source: Source, recorded: Mapping[str, ResponseFacts]) -> str | None:
    """Return a warning when neurons and frames may have been exchanged, else None."""
    square = [name for name, fact in recorded.items() if abs(fact.rows - fact.frames) <= FEW_FRAMES]
    if 2 * len(square) <= len(recorded):
        return None
    trials = []
    for name in square[:: -(-len(square) // COMPARED)]:
        series = source.responses(name)
        if not isinstance(series, StoredSeries):
            return None  # its own times determine the time axis
        trials.append(np.nan_to_num(np.asarray(series.read(0, recorded[name].frames), dtype=np.float64)))
    shape, lead = (recorded[square[0]].rows, recorded[square[0]].frames), columns_lead(trials)
    if lead >= CLEAR or (lead > -CLEAR and shape[0] != shape[1]):
        return None
    found = "look as if they were (time, neuron)" if lead <= -CLEAR else "do not tell which of the two comes first"
    return (
        f"The responses of {animal} have the shape {shape} and are taken as (neuron, time), but {found}; if time does, "
        "write them the other way round."
    )


def columns_lead(trials: list[Float[np.ndarray, "row column"]]) -> float:
    """Return how much more similar neighbouring columns are than neighbouring rows, as a difference of correlations.

    >>> smooth = np.cumsum(np.random.default_rng(0).normal(size=(20, 20)), axis=1)
    >>> columns_lead([smooth]) > 0.5, columns_lead([smooth.T]) < -0.5
    (True, True)
    """
    return float(np.mean([_neighbours(one.T) - _neighbours(one) for one in map(_centred, trials)]))


def _centred(values: np.ndarray) -> np.ndarray:
    centred: np.ndarray = values - values.mean(axis=1, keepdims=True)
    centred -= centred.mean(axis=0, keepdims=True)
    return centred


def _neighbours(values: np.ndarray) -> float:
    """Return the correlation of each row with the next one."""
    first, second = values[:-1], values[1:]
    size = np.linalg.norm(first) * np.linalg.norm(second)
    return float(np.vdot(first, second) / size) if size > 0 else 0.0
