"""Trials made by hand: each misfit is one sentence, and what fits passes."""

import copy
from typing import Any

import numpy as np
import pytest

from reverie.foundation.errors import ReverieError
from reverie.recordings.handmade import require_fitting
from reverie.recordings.recording import Recording
from reverie.recordings.trial import Trial

FRAMES, SIZE = 20, (6, 8)


@pytest.fixture(scope="module")
def recording() -> Recording:
    dice = np.random.default_rng(0)
    trials = [
        Trial(
            str(number),
            "train",
            dice.uniform(0, 255, (FRAMES, *SIZE)).astype(np.float32),
            np.full((4, FRAMES), np.nan, np.float32),
            dice.gamma(1.0, 1.0, (5, FRAMES)).astype(np.float32),
        )
        for number in range(2)
    ]
    return Recording.from_trials("mouse", trials)


def altered(trial: Trial, **changes: Any) -> Trial:
    """Return a trial with other fields, as one is made where nobody checks types."""
    other = copy.copy(trial)
    for name, value in changes.items():
        object.__setattr__(other, name, value)
    return other


def spoiled(values: np.ndarray, value: float) -> np.ndarray:
    changed = np.array(values)
    changed.flat[7] = value
    return changed


def test_what_fits_passes(recording: Recording) -> None:
    trial = recording["1"]
    for fine in (trial, altered(trial, movie=None, responses=None), altered(trial, responses=-trial.responses)):
        require_fitting(fine, recording)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda one: {"responses": one.responses[:4]}, r"responses of trial 1 should be .* shape \(5, 20\)"),
        (lambda one: {"responses": one.responses[:, :9]}, r"shape \(5, 9\)"),
        (lambda one: {"responses": one.responses[:, :0], "movie": None, "state": one.state[:, :0]}, "should be"),
        (lambda one: {"responses": spoiled(one.responses, np.nan)}, "responses of trial 1 hold values that are not"),
        (lambda one: {"state": spoiled(np.ones((4, FRAMES)), np.inf)}, "state of trial 1 hold values that are not"),
        (lambda one: {"movie": spoiled(one.movie, 1e30)}, "movie of trial 1 hold values"),
        (lambda one: {"movie": one.movie[:, :, :3]}, r"movie of trial 1 .* shape \(20, 6, 8\)"),
        (lambda one: {"frame_rate": 60.0}, "said to have 60.0 frames per second, but mouse is read at 30"),
        (lambda one: {"frame_rate": float("nan")}, "said to have nan frames"),
    ],
)
def test_what_does_not_fit_is_one_sentence(recording: Recording, change: Any, sentence: str) -> None:
    trial = recording["1"]
    with pytest.raises(ReverieError, match=sentence):
        require_fitting(altered(trial, **change(trial)), recording)
