"""Controls: what a score would be without knowledge of the movie, from comparisons with something else in its place."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from reverie.foundation.arrays import FRAME_RATE, GREY, Movie
from reverie.scoring.parts import ShotStarts, shot_starts

CONTROLS = ("other_movie", "other_moment", "shuffled", "grey")
"""Names of the controls, with which the names of score columns end."""

LEAST_SHIFT = int(FRAME_RATE)
"""Least distance in frames of another moment: one second at 30 Hz."""

OtherMovie = Float[np.ndarray, "_ height width"]
"""A movie of any length."""


@dataclass(frozen=True)
class Comparison:
    """A reconstruction and a truth, both (time, height, width), and the first frames of the truth's shots."""

    reconstruction: Movie
    truth: Movie
    shots: ShotStarts

    @classmethod
    def after(cls, skip: int, reconstruction: Movie, truth: Movie) -> "Comparison":
        """Return the comparison of two movies after the first ``skip`` frames; shots are those of the whole truth."""
        shots = np.unique(np.maximum(shot_starts(truth) - skip, 0))
        return cls(reconstruction[skip:], truth[skip:], shots)


def other_movie(comparison: Comparison, others: Sequence[OtherMovie]) -> list[Comparison]:
    """Return comparisons of the reconstruction with other movies, each cut to the shorter of the two."""
    pairs = []
    for other in others:
        frames = min(len(other), len(comparison.reconstruction))
        pairs.append(Comparison(comparison.reconstruction[:frames], other[:frames], shot_starts(other[:frames])))
    return pairs


def other_moment(comparison: Comparison) -> Comparison | None:
    """Return the comparison with the truth in which each shot is rolled in time by half of its length.

    The right scene at a wrong moment: each shot keeps its static part, so only dynamic scores should fall. Shots in
    which half the length is less than ``LEAST_SHIFT`` frames are left out; None when no shot is long enough.
    """
    frames = len(comparison.truth)
    lengths = np.diff(np.append(comparison.shots, frames))
    shot = np.repeat(np.arange(len(lengths)), lengths)
    start, length = comparison.shots[shot], lengths[shot]
    rolled = start + (np.arange(frames) - start + length // 2) % length
    kept = length // 2 >= LEAST_SHIFT
    if not kept.any():
        return None
    kept_lengths = lengths[lengths // 2 >= LEAST_SHIFT]
    shots = np.cumsum(kept_lengths) - kept_lengths
    return Comparison(comparison.reconstruction[kept], comparison.truth[rolled[kept]], shots)


def shuffled(comparison: Comparison, generator: np.random.Generator) -> Comparison:
    """Return the comparison with the truth's frames in random order: the right pictures at wrong times."""
    order = generator.permutation(len(comparison.truth))
    return Comparison(comparison.reconstruction, comparison.truth[order], comparison.shots)


def grey(comparison: Comparison) -> Comparison:
    """Return a blank movie in the middle of the grey levels beside the truth; its correlations are 0 by definition."""
    return Comparison(np.full_like(comparison.reconstruction, GREY), comparison.truth, comparison.shots)
