"""Receptive fields in silico: how single bright and dark pixels change an encoder's rates (Bauer et al. 2026)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from scipy.ndimage import gaussian_filter
from torch import Tensor

from reverie.encoders.contract import Encoder, device_of, evaluating
from reverie.foundation.arrays import FRAME_RATE, GREY, WHITE
from reverie.foundation.errors import ReverieError

CHANGES_AT_ONCE = 2**24
"""Rates (neuron × frame × clip) held in memory at once."""

SMALLEST_RATE = 1e-6
"""Smallest rate to grey; smaller ones are replaced by it, so that a silent neuron's relative change is finite."""

THRESHOLD = 0.1
"""Relative changes of the rate below this are set to 0 (Bauer et al. 2026)."""

BLUR = 2.0
"""Standard deviation, in pixels, by which fields are blurred (Bauer et al. 2026)."""

FIELD_EDGE = 0.5
"""Share of its maximum at which a field ends."""


def pixel_places(frame_size: tuple[int, int], stride: int = 1) -> Int[np.ndarray, "place 2"]:
    """Return the rows and columns of every ``stride``-th pixel, row by row, centred on the frame (published: 1).

    Raises ReverieError when the stride is below 1.

    >>> pixel_places((6, 4), stride=3).tolist()
    [[1, 0], [1, 3], [4, 0], [4, 3]]
    """
    if stride < 1:
        raise ReverieError(f"The stride between probed pixels is {stride} but must be at least 1.")
    lines = [np.arange((size - 1) % stride // 2, size, stride) for size in frame_size]
    return np.stack(np.meshgrid(*lines, indexing="ij"), axis=-1).reshape(-1, 2)


def probe_pixels(
    encoders: Sequence[Encoder],
    mouse: str,
    state: Float[np.ndarray, "4"],
    places: Int[np.ndarray, "place 2"],
    *,
    seconds: float = 0.5,
    frame_rate: float = FRAME_RATE,
) -> Float[np.ndarray, "2 neuron place"]:
    """Return how much a bright (first) and a dark pixel at each place change rates: (with pixel - grey) / grey.

    Grey is the mean over the same frames of a clip that stays grey. Frames after the pixel are not used, so they are
    not computed: encoders with a history start from grey anyway and see only the frames with the pixel; an encoder
    bound to a window sees one window, the pixel in its middle.

    Parameters
    ----------
    encoders
        Encoders of the same animals; their rates are averaged before the division, so that all of them count (the
        released code kept the last one only).
    state
        Held still throughout.
    places
        Rows and columns.
    seconds
        For which the pixel is on; rates are means over that time.

    Raises
    ------
    ReverieError
        When there is no encoder, one has no readout for the animal or too short a window for the pixel.
    """
    if not encoders:
        raise ReverieError("Receptive fields need at least one encoder; name one.")
    on = max(1, round(seconds * frame_rate))

    def joint_rates(shown: Int[np.ndarray, "place 2"], level: float) -> Float[np.ndarray, "place neuron"]:
        each = [_mean_rates(encoder, mouse, state, shown, on, level) for encoder in encoders]
        return np.asarray(np.mean(each, axis=0))

    grey = joint_rates(np.zeros((1, 2), dtype=np.intp), GREY)
    changes = np.empty((2, encoders[0].require_mouse(mouse), len(places)), dtype=np.float32)
    for part in _parts(len(places), encoders, mouse, on):
        for row, level in enumerate((WHITE, 0.0)):
            rates = joint_rates(places[part], level)
            changes[row, :, part] = ((rates - grey) / np.maximum(grey, SMALLEST_RATE)).T
    return changes


def _parts(places: int, encoders: Sequence[Encoder], mouse: str, on: int) -> Iterator[slice]:
    longest = max(encoder.history + (encoder.window or on) for encoder in encoders)
    numbers = longest * max(encoders[0].require_mouse(mouse), int(np.prod(encoders[0].canvas)))
    size = max(1, CHANGES_AT_ONCE // numbers)
    yield from (slice(start, min(start + size, places)) for start in range(0, places, size))


def _mean_rates(
    encoder: Encoder,
    mouse: str,
    state: Float[np.ndarray, "4"],
    places: Int[np.ndarray, "place 2"],
    on: int,
    level: float,
) -> Float[np.ndarray, "place neuron"]:
    """Return the mean rates while a pixel of this level is on at each place."""
    frames = encoder.window or on
    if on > frames:
        raise ReverieError(f"A pixel shown for {on} frames does not fit the encoder's window of {frames} frames.")
    shown = slice((frames - on) // 2, (frames - on) // 2 + on)
    where = device_of(encoder)
    movie = torch.full((len(places), frames, *encoder.frame_size), GREY, device=where)
    clip = torch.arange(len(places), device=where)
    rows, columns = torch.from_numpy(places).to(where).T
    movie[clip, shown, rows, columns] = level
    held = torch.from_numpy(np.asarray(state, dtype=np.float32)).to(where)[None, :, None]
    with evaluating(encoder), torch.no_grad():
        rates: Tensor = encoder(movie, held.expand(len(places), 4, frames), mouse)
    return np.asarray(rates[:, :, shown].mean(dim=2).cpu().numpy())


@dataclass(frozen=True)
class ReceptiveFields:
    """The fields of one animal's neurons."""

    maps: Float[np.ndarray, "neuron height width"]
    """(neuron, height, width), relative change of the rate by a bright plus by a dark pixel, thresholded, blurred."""
    found: Bool[np.ndarray, " neuron"]
    """(neuron,), whether any pixel changed the neuron's rate by more than the threshold."""
    centres: Float[np.ndarray, "neuron 2"]
    """(neuron, 2), row and column of each map's maximum, NaN where there is none."""

    @property
    def share_found(self) -> float:
        """The share of neurons with a field, 0 to 1."""
        return float(self.found.mean())


def receptive_fields(
    changes: Float[np.ndarray, "2 neuron place"], places: Int[np.ndarray, "place 2"], frame_size: tuple[int, int]
) -> ReceptiveFields:
    """Return the receptive fields, given the changes of rates at places (rows and columns).

    Changes below ``THRESHOLD`` are set to 0, the bright and the dark map are added and blurred by ``BLUR``; the centre
    is the maximum. Source: Bauer et al. 2026, Methods.
    """
    kept = np.where(changes >= THRESHOLD, changes, 0.0).sum(axis=0)
    maps = np.zeros((len(kept), *frame_size), dtype=np.float32)
    maps[:, places[:, 0], places[:, 1]] = kept
    maps = gaussian_filter(maps, BLUR, axes=(1, 2), mode="constant")
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
            "No neuron responds to single pixels beyond the threshold; train the encoder longer, or use another."
        )
    maps = fields.maps[fields.found]
    return np.asarray((maps >= FIELD_EDGE * maps.max(axis=(1, 2), keepdims=True)).mean(axis=0))
