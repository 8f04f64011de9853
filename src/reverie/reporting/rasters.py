"""Thousands of response traces as a picture a person can read."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float

from reverie.foundation.arrays import Indices, Responses
from reverie.reporting.content import TrialContent

MOST_ROWS: Final = 160
"""Rows of a raster; more neurons than this share rows."""

BRIGHTEST: Final = 99.5
"""Percentile of the raster that gets the strongest ink, so that a few events do not fade out the rest."""


@dataclass(frozen=True)
class Rasters:
    """Rasters that share one order of rows and one scale.

    rows: (row, time) by what it shows, in units of each neuron's own standard deviation. top: the strongest ink.
    neurons: how many neurons there are; neurons_per_row: how many are averaged in a row.
    """

    rows: Mapping[str, Float[np.ndarray, "row time"]]
    top: float
    neurons: int
    neurons_per_row: float


def rasters(trial: TrialContent) -> Rasters | None:
    """Return the aligned rasters of a trial, or None when it has no responses at all.

    Each neuron is divided by its standard deviation in the recorded responses (in the first that exist, where none
    were recorded), in the predictions as well, so that weak predictions look weak.
    """
    named = {
        "responses": trial.responses,
        "rates": trial.rates,
        "rates_from_truth": trial.rates_from_truth,
    }
    present = {name: values.astype(np.float64) for name, values in named.items() if values is not None and values.size}
    if not present:
        return None
    reference = next(iter(present.values()))
    order = order_by_likeness(reference)
    deviation = reference.std(axis=1, keepdims=True)
    unit = np.where(deviation > 0, deviation, 1)
    rows = {name: average_rows((values / unit)[order], MOST_ROWS) for name, values in present.items()}
    top = float(np.percentile(np.concatenate([*rows.values()], axis=1), BRIGHTEST))
    neurons = len(order)
    return Rasters(rows, top if top > 0 else 1.0, neurons, max(1.0, neurons / MOST_ROWS))


def order_by_likeness(responses: Responses) -> Indices:
    """Return an order of the neurons in which neighbours have alike time courses.

    It is the angle of each neuron in the plane of the first two principal components of the standardised responses
    (neuron, time): neurons active at the same moments have the same angle.
    """
    centred = responses - responses.mean(axis=1, keepdims=True)
    norm = np.linalg.norm(centred, axis=1, keepdims=True)
    standard = centred / np.where(norm > 0, norm, 1)
    # Time by time is far smaller than neuron by neuron.
    _, courses = np.linalg.eigh(standard.T @ standard)
    weights = standard @ courses[:, -2:]
    angle = np.arctan2(weights[:, 0], weights[:, -1])
    return np.argsort(angle, kind="stable")


def average_rows(values: Float[np.ndarray, "neuron time"], most: int) -> Float[np.ndarray, "row time"]:
    """Average neighbouring neurons so that at most ``most`` rows are left.

    >>> average_rows(np.array([[0.0], [2.0], [4.0], [6.0]]), 2)
    array([[1.],
           [5.]])
    """
    neurons = len(values)
    if neurons <= most:
        return values
    starts = np.arange(most) * neurons // most
    sizes = np.diff(np.append(starts, neurons))
    return np.asarray(np.add.reduceat(values, starts, axis=0) / sizes[:, None])
