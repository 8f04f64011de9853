"""Receptive fields from what single pixels change, and how densely they cover the screen."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.ndimage import gaussian_filter

from reverie.foundation.errors import ReverieError

HALF = 0.5
"""Share of its maximum down to which a field reaches."""


@dataclass(frozen=True)
class ReceptiveFields:
    """The fields of one animal's neurons.

    maps: (neuron, height, width), relative change of the rate by a bright plus by a dark pixel, thresholded, blurred.
    found: which neurons any pixel moved beyond the threshold. centres: (neuron, 2), row and column of each map's
    maximum, NaN where there is none.
    """

    maps: Float[np.ndarray, "neuron height width"]
    found: Bool[np.ndarray, " neuron"]
    centres: Float[np.ndarray, "neuron 2"]

    @property
    def share_found(self) -> float:
        """The share of neurons with a field, 0 to 1."""
        return float(self.found.mean())


def receptive_fields(
    changes: Float[np.ndarray, "2 neuron place"],
    places: Int[np.ndarray, "place 2"],
    frame_size: tuple[int, int],
    *,
    threshold: float = 0.1,
    blur: float = 2.0,
) -> ReceptiveFields:
    """Return the fields that the changes at the places (rows and columns) draw.

    Changes below ``threshold`` are set to 0, the bright and the dark map are added and blurred by ``blur`` pixels; the
    centre is the maximum. Source: Bauer et al. 2026, Methods (threshold 0.1, blur 2). Raises ReverieError when the
    threshold or the blur is negative.
    """
    if threshold < 0 or blur < 0:
        raise ReverieError("The threshold and the blur of receptive fields must be at least 0.")
    kept = np.where(changes >= threshold, changes, 0.0).sum(axis=0)
    maps = np.zeros((len(kept), *frame_size), dtype=np.float32)
    maps[:, places[:, 0], places[:, 1]] = kept
    maps = gaussian_filter(maps, blur, axes=(1, 2), mode="constant")
    found = kept.max(axis=1) > 0
    peaks = np.unravel_index(maps.reshape(len(maps), -1).argmax(axis=1), frame_size)
    centres = np.where(found[:, None], np.stack(peaks, axis=1), np.nan)
    return ReceptiveFields(maps, found, centres)


def population_coverage(fields: ReceptiveFields) -> Float[np.ndarray, "height width"]:
    """Return the share of the neurons with a field whose field reaches each pixel (half of its maximum or more).

    Raises ReverieError when no neuron has a field.
    """
    if not fields.found.any():
        raise ReverieError(
            "No neuron answers to single pixels beyond the threshold; train the encoder longer, or use another."
        )
    maps = fields.maps[fields.found]
    return np.asarray((maps >= HALF * maps.max(axis=(1, 2), keepdims=True)).mean(axis=0))
