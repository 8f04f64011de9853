"""Trials made by hand: each misfit is one sentence, and what fits passes."""

import copy
from typing import Any

import numpy as np
import pandas as pd
import pytest

from reverie.foundation.errors import ReverieError
from reverie.recordings.given_trials import require_fitting
from reverie.recordings.reading import Reading
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


def test_fitting_trials_pass(recording: Recording) -> None:
    trial = recording["1"]
    changes = {"movie": None, "responses": None}, {"responses": -trial.responses}, {"frame_rate": np.float32(30)}
    for fine in (trial, *(altered(trial, **change) for change in changes)):
        require_fitting(fine, recording)


def test_dim_and_ringing_movies_pass(recording: Recording) -> None:
    movies = [recording[name].movie for name in recording.tiers]
    dim, ringing = movies[0] / movies[0].max() * 0.15, movies[1] / movies[1].max() * 280 - 15
    trials = [
        altered(recording[name], movie=movie)
        for name, movie in zip(recording.tiers, [dim, ringing, *movies[2:]], strict=True)
    ]
    again = Recording.from_trials("mouse", trials)
    assert list(again.tiers) == list(recording.tiers)
    for name in again.tiers:
        require_fitting(again[name], again)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda one: {"responses": one.responses[:4]}, r"responses of trial 1 should be .* shape \(5, 20\)"),
        (lambda one: {"responses": one.responses[:, :9]}, r"shape \(5, 9\)"),
        (lambda one: {"responses": one.responses[:, :0], "movie": None, "state": one.state[:, :0]}, "No frame of"),
        (lambda one: {"responses": spoiled(one.responses, np.nan)}, "responses of trial 1 hold values that are not"),
        (lambda one: {"responses": np.ma.masked_greater(one.responses, 1.0)}, "is a MaskedArray of float32"),
        (lambda one: {"state": spoiled(np.ones((4, FRAMES)), np.inf)}, "state of trial 1 hold values that are not"),
        (lambda one: {"movie": spoiled(one.movie, 1e30)}, "movie of trial 1 hold values"),
        (lambda one: {"movie": one.movie[:, :, :3]}, r"movie of trial 1 .* shape \(20, 6, 8\)"),
        (lambda one: {"movie": one.movie / 255}, "values from 0.* to 0.9.*, where grey levels from 0 to 255 were"),
        (lambda one: {"movie": one.movie - 128}, "values from -12.*, where grey levels"),
        (lambda one: {"movie": 257 * one.movie}, "where grey levels"),
        (lambda one: {"frame_rate": 60.0}, "said to have 60.0 frames per second, but mouse is read at 30"),
        (lambda one: {"frame_rate": float("nan")}, "said to have nan frames"),
    ],
)
def test_trials_that_do_not_fit_are_refused_in_one_sentence(recording: Recording, change: Any, sentence: str) -> None:
    trial = recording["1"]
    with pytest.raises(ReverieError, match=sentence):
        require_fitting(altered(trial, **change(trial)), recording)


def test_tables_lists_and_numbers_of_numpy_make_the_recording_that_arrays_make(recording: Recording) -> None:
    trials = [recording[name] for name in recording.tiers]
    others = [
        altered(
            one,
            movie=one.movie.tolist(),
            responses=pd.DataFrame(one.responses),
            state=pd.DataFrame(one.state),
            start=np.float32(0),
            frame_rate=np.float32(30),
        )
        for one in trials
    ]
    again = Recording.from_trials("mouse", others)
    assert (again.notes, type(again.frame_rate), type(again["1"].start)) == (recording.notes, float, float)
    for what in ("movie", "responses", "state"):
        np.testing.assert_array_equal(getattr(again["1"], what), getattr(recording["1"], what))


@pytest.mark.parametrize("state", [None, np.zeros((2, FRAMES), np.float32)])
def test_a_state_without_a_row_a_signal_is_one_sentence(recording: Recording, state: Any) -> None:
    with pytest.raises(ReverieError, match=r"The state of mouse, trial 1, has .* where \(4, time\) was expected"):
        Recording.from_trials("mouse", [altered(recording["1"], state=state)])


@pytest.mark.parametrize("name", ["", "..", "a/b", "a\nb", "a\0b", "x" * 300])
def test_a_name_that_cannot_be_that_of_a_folder_is_one_sentence(recording: Recording, name: str) -> None:
    with pytest.raises(ReverieError, match="folders"):
        Recording.from_trials(name, [recording["1"]])


@pytest.mark.parametrize(
    ("size", "said"),
    [
        ((3, 4), "averaged down from 6 x 8 pixels to 3 x 4 (set with --"),
        ((8, 6), "enlarged from 6 x 8 pixels to 8 x 6, which changes their proportions (set with --"),
        ((3, 8), "averaged down from 6 x 8 pixels to 3 x 8, which changes their proportions (set with --"),
    ],
)
def test_it_is_said_how_movies_come_to_another_size(recording: Recording, size: tuple[int, int], said: str) -> None:
    trials = [recording[name] for name in recording.tiers]
    assert any(said in note for note in Recording.from_trials("m", trials, reading=Reading(frame_size=size)).notes)


def test_traces_as_the_files_hold_them_are_told(recording: Recording) -> None:
    trials = [altered(one, responses=one.responses - 1) for one in (recording[name] for name in recording.tiers)]
    traces = Recording.from_trials("mouse", trials)
    with pytest.raises(ReverieError, match=r"go below 0, but those of mouse count .*; give them as recording.as_read"):
        require_fitting(trials[1], traces)
    fitting = altered(trials[1], responses=traces.as_read(trials[1].responses))
    require_fitting(fitting, traces)
    np.testing.assert_array_equal(fitting.responses, traces["1"].responses)
