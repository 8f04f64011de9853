"""Tables of synthetic stimuli: noise of every blur, gratings of every frequency (Bauer et al. 2026)."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from jaxtyping import Bool

from reverie.foundation.arrays import DEGREES_PER_PIXEL, FRAME_SIZE, Movie
from reverie.stimuli.synthetic import drifting_grating, gaussian_noise, in_the_middle, inverted

NOISE_SIDE = 36
"""Pixels of the square that is filled with noise (Bauer et al. 2026)."""


@dataclass(frozen=True)
class Stimulus:
    """One movie of the cell (row, column); variants of a cell (directions, polarities) are averaged."""

    row: float
    column: float
    variant: str
    movie: Movie

    @property
    def name(self) -> str:
        """Name of a clip of this stimulus."""
        return f"{self.row:g} x {self.column:g}, {self.variant}"


def noise_stimuli(
    spatial: Sequence[float],
    temporal: Sequence[float],
    *,
    frames: int,
    both_polarities: bool,
    seed: int,
    frame_size: tuple[int, int] = FRAME_SIZE,
) -> list[Stimulus]:
    """Return noise of every spatial (rows, pixels) and temporal sigma (columns, frames), in the middle of grey.

    Every cell blurs the same white noise.

    Parameters
    ----------
    both_polarities
        Each movie also with light and dark exchanged.
    """
    side = min(NOISE_SIDE, *frame_size)
    stimuli = []
    for row in spatial:
        for column in temporal:
            generator = np.random.default_rng(seed)
            drawn = gaussian_noise(frames, generator, frame_size=(side, side), spatial_sigma=row, temporal_sigma=column)
            movies = {"as drawn": drawn, **({"inverted": inverted(drawn)} if both_polarities else {})}
            stimuli += [Stimulus(row, column, name, in_the_middle(movie, frame_size)) for name, movie in movies.items()]
    return stimuli


def noise_square(frame_size: tuple[int, int] = FRAME_SIZE) -> Bool[np.ndarray, "height width"]:
    """Return the pixels that are filled with noise.

    >>> int(noise_square().sum())
    1296
    """
    side = min(NOISE_SIDE, *frame_size)
    return np.asarray(in_the_middle(np.ones((1, side, side), dtype=np.float32), frame_size)[0] == 1)


def grating_stimuli(
    spatial: Sequence[float],
    temporal: Sequence[float],
    directions: Sequence[float],
    *,
    frames: int,
    frame_size: tuple[int, int] = FRAME_SIZE,
    degrees_per_pixel: float = DEGREES_PER_PIXEL,
) -> list[Stimulus]:
    """Return square-wave gratings of every frequency in space (rows, cycles per degree) and time (columns, Hz).

    They fill the screen and drift in each of the directions, in degrees.
    """
    draw = partial(drifting_grating, frames, frame_size=frame_size, degrees_per_pixel=degrees_per_pixel)
    return [
        Stimulus(row, column, f"{angle:g}°", draw(direction=angle, cycles_per_degree=row, hertz=column))
        for row in spatial
        for column in temporal
        for angle in directions
    ]
