"""Checking responses by their values where lengths do not show what is wrong: exchanged axes, and unmarked padding."""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float, Shaped

from reverie.recordings.facts import ResponseFacts
from reverie.recordings.source import Source, StoredSeries
from reverie.recordings.spans import FEW_FRAMES

COMPARED = 8
"""Number of trials, evenly chosen, that are checked."""

CLEAR_DIFFERENCE = 0.1
"""Difference of correlations from which on neighbouring columns are clearly more similar than neighbouring rows, or
less. In simulated recordings of every kind, two trials of 40 neurons and 40 frames give 0.2 to 0.8."""

BY_CHANCE = 1e-3
"""Probability from which on constant frames may be chance and do not count as padding; few neurons with few spikes are
often all silent."""


def turned_note(animal: str, source: Source, recorded: Mapping[str, ResponseFacts]) -> str | None:
    """Return a warning when responses may be stored as (time, neuron) instead of (neuron, time), else None.

    Responses in one frame are similar to those in the next, while neighbouring neurons in a file are not similar. Where
    there are as many neurons as frames, nothing else distinguishes rows from columns.
    """
    square = [name for name, fact in recorded.items() if abs(fact.rows - fact.frames) <= FEW_FRAMES]
    if 2 * len(square) <= len(recorded):
        return None
    compared = _some_of(square, source, recorded)
    if compared is None:  # its own times determine the time axis
        return None
    lead = columns_lead([np.nan_to_num(trial.astype(np.float64)) for trial in compared.values()])
    shape = recorded[square[0]].rows, recorded[square[0]].frames
    if lead >= CLEAR_DIFFERENCE or (lead > -CLEAR_DIFFERENCE and shape[0] != shape[1]):
        return None
    found = (
        "look as if they were (time, neuron)"
        if lead <= -CLEAR_DIFFERENCE
        else "do not show which of the two comes first"
    )
    return (
        f"The responses of {animal} have the shape {shape} and are taken as (neuron, time), but {found}; if time does, "
        "write them the other way round."
    )


def padded_note(animal: str, source: Source, recorded: Mapping[str, ResponseFacts]) -> str | None:
    """Return a warning when most trials seem to end in padding that counts as responses, else None."""
    compared = _some_of([*recorded], source, recorded)
    if compared is None:  # cut out of one long recording, so there is no padding
        return None
    still = {name: frames for name, trial in compared.items() if (frames := frames_still(trial))}
    if 2 * len(still) <= len(compared):
        return None
    name, frames = next(iter(still.items()))
    return (
        f"The responses of {animal} stand still in all neurons at the end of most trials (for {frames} frames in trial "
        f"{name}), as padding does, but count as responses: cut these frames off, or write NaN there."
    )


def _some_of(
    names: Sequence[str], source: Source, recorded: Mapping[str, ResponseFacts]
) -> dict[str, Shaped[np.ndarray, "_ _"]] | None:
    """Return the responses to some of the trials; None where they are resampled and not stored trial by trial."""
    found = {}
    for name in names[:: -(-len(names) // COMPARED) or 1]:
        series = source.responses(name)
        if not isinstance(series, StoredSeries):
            return None
        found[name] = np.asarray(series.read(0, recorded[name].frames))
    return found


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
