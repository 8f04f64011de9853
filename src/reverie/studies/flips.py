"""Gratings of 15 Hz, which turn into their negative with every frame, and encoders that do not notice."""

import pandas as pd

from reverie.encoders.interleaving import blindness_to_flips
from reverie.fitted.materials import Materials
from reverie.foundation.arrays import FRAME_RATE, Movie
from reverie.stimuli.gratings import drifting_grating
from reverie.studies.synthetic import frame_size_of, ordinary_state

FLIPPING = FRAME_RATE / 2
"""The temporal frequency, in Hz, at which a grating turns into its negative with every frame."""

BLIND = 0.5
"""Blindness from which on an encoder is said to take flips for stillness."""


def flipping_grating(frames: int, frame_size: tuple[int, int]) -> Movie:
    """Return a coarse grating of 15 Hz."""
    return drifting_grating(frames, direction=0.0, cycles_per_degree=0.036, hertz=FLIPPING, frame_size=frame_size)


def blindness(materials: Materials) -> pd.DataFrame:
    """Return how far each encoder takes a 15 Hz grating for two still ones: encoder, blindness (0 to 1)."""
    animal, movie = next(iter(materials.recordings)), flipping_grating(64, frame_size_of(materials))
    state = ordinary_state(materials, animal, len(movie))
    rows = [
        (folder.name, blindness_to_flips(encoder, movie, state, animal))
        for folder, encoder in materials.encoders.items()
    ]
    return pd.DataFrame(rows, columns=["encoder", "blindness"])


def verdict(flips: pd.DataFrame) -> str:
    """Return a sentence on what ``blindness`` found."""
    blind = flips.loc[flips["blindness"] > BLIND, "encoder"].tolist()
    if blind:
        return f"{', '.join(blind)} take flips for stillness, so that what 15 Hz scores is an artefact."
    return f"No encoder here takes flips for stillness (blindness at most {flips['blindness'].max():.2f})."
