"""Temporal aliasing: whether an encoder that takes every n-th frame mistakes a fast movie for still ones.

A grating that drifts at half the frame rate turns into its negative with every frame. An architecture that cuts a clip
into two interleaved stacks (frames 0, 2, 4, … and 1, 3, 5, …) sees a still grating in one and its negative, as still,
in the other: to it 15 Hz at 30 frames a second is no motion at all (the high score at 15 Hz in Bauer et al. 2026).
"""

import numpy as np
from jaxtyping import Float

from reverie.encoders.contract import Encoder
from reverie.encoders.prediction import predict
from reverie.foundation.arrays import Movie, State
from reverie.foundation.errors import ReverieError


def temporal_aliasing(encoder: Encoder, movie: Movie, state: State, mouse: str, *, step: int = 2) -> float:
    """Return how far an encoder takes a movie for ``step`` interleaved still pictures: 1 wholly, about 0 not at all.

    movie: (time, height, width), frames repeating every ``step``. Its rates are compared with those to its ``step``
    still pictures, each shown throughout, taken in turn: 1 minus the root mean square difference, relative to how much
    the latter change in time, and at least 0. The first ``history`` frames, before which the screen was grey, do not
    count.
    Raises ReverieError when the frames do not repeat or fewer than ``step`` are left.
    """
    if not np.array_equal(movie[step:], movie[:-step]):
        raise ReverieError(f"The movie's frames do not repeat every {step}; give a grating of 15 Hz.")
    if len(movie) < encoder.history + step:
        raise ReverieError(f"The movie needs more than the {encoder.history} frames the encoder looks back.")
    fast = predict(encoder, movie, state, mouse)
    still = np.empty_like(fast)
    for phase in range(step):
        held = np.repeat(movie[phase : phase + 1], len(movie), axis=0)
        still[:, phase::step] = predict(encoder, held, state, mouse)[:, phase::step]
    seen = slice(encoder.history, None)
    return _likeness(fast[:, seen], still[:, seen])


def _likeness(found: Float[np.ndarray, "neuron time"], expected: Float[np.ndarray, "neuron time"]) -> float:
    # Only what changes from frame to frame can tell; how active a neuron is on the whole cannot.
    deviation = float(np.sqrt(((expected - expected.mean(axis=1, keepdims=True)) ** 2).mean()))
    error = float(np.sqrt(((found - expected) ** 2).mean()))
    return max(0.0, 1.0 - error / deviation) if deviation > 0 else 0.0
