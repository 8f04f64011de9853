"""Doubts about behaviour are said of what a laboratory's cameras and wheels do, and of nothing else."""

import numpy as np
import pytest

from reverie.recordings.behaviour_checks import lost_pupil_note, lost_size, wrapped_running_note
from reverie.recordings.reading import Reading
from reverie.recordings.recording import Recording

DICE = np.random.default_rng(0)
TIMES = np.arange(3000) / 30
BOUTS = np.where(TIMES % 30 < 8, 20 + DICE.normal(0, 4, 3000), DICE.normal(0, 0.1, 3000))
RARE = DICE.normal(0, 0.02, 3000) + np.where(TIMES > 96, 10 + DICE.normal(0, 1, 3000), 0)
SIZES = 5 + np.sin(TIMES) + DICE.normal(0, 0.1, 3000)


@pytest.mark.parametrize("fill", [0.0, -1.0])
def test_a_lost_pupil_is_told_from_a_scaled_one(fill):
    blinks = np.where(np.arange(3000) % 400 < 9, fill, SIZES)
    assert lost_size(np.split(blinks, 10)) == fill
    assert f"has the size {fill:g} in 72 of 3000 frames" in lost_pupil_note("a", np.split(blinks, 10), fill)
    scaled = (SIZES - SIZES.min()) / np.ptp(SIZES)
    dilations = np.maximum(np.diff(np.sin(TIMES), prepend=0), 0)
    for fine in (SIZES, scaled, np.round(scaled, 1), SIZES - SIZES.mean(), np.maximum(np.sin(TIMES), 0), dilations):
        assert lost_size(np.split(fine, 10)) is None


def test_a_pupil_that_was_lost_is_missing_and_so_is_its_position():
    """Short blinks are bridged; a trial in which the eye was shut for long is left out, as where it is NaN."""
    times, dice = np.arange(300) / 30, np.random.default_rng(1)
    sizes, gaze = 5 + np.sin(times), np.stack([np.cos(times), np.sin(times)], axis=1)
    blink, shut = slice(40, 46), slice(230, 265)
    seen, where = sizes.copy(), gaze.copy()
    for lost in (blink, shut):
        seen[lost] = 0.0
        seen[lost.start - 1] = sizes[lost.start - 1] / 2  # a sample that is half of the blink
        where[lost] = 1000.0
    recording = Recording.from_arrays(
        "mouse",
        (times, dice.gamma(0.3, 5, (300, 3))),
        movies={"a": dice.uniform(0, 255, (300, 4, 6))},
        shown={"onset": [0.0], "clip": ["a"]},
        pupil=(times, seen),
        gaze=(times, where),
        reading=Reading(trial_seconds=5.0),
    )
    (kept,) = recording.tiers
    assert "pupil dilation is missing for 1.2 s in one piece" in recording.left_out["1"]
    state = recording.trial(kept).state
    np.testing.assert_allclose(state[0], sizes[:150], atol=0.02)
    np.testing.assert_allclose(state[2:], gaze[:150].T, atol=0.02)
    (note,) = (note for note in recording.notes if "size 0" in note)
    assert note.startswith("The pupil of mouse has the size 0 in 41 of 300 frames, as in blinks")


def test_a_wheel_that_wraps_around_is_told_from_bouts_of_running():
    position = np.cumsum(np.abs(BOUTS)) % 4096
    assert "looks like a position that wraps around" in str(wrapped_running_note("a", np.split(position, 10)))
    averaged = np.cumsum(7 + np.sin(np.arange(9000) / 90)).reshape(-1, 3) % 4096
    assert "looks like a position" in str(wrapped_running_note("a", [averaged.mean(axis=1)]))
    speed = np.diff(position, prepend=0.0)
    assert "as where the count of an encoder wraps around" in str(wrapped_running_note("a", np.split(speed, 10)))


@pytest.mark.parametrize(
    "speeds",
    [
        BOUTS,
        DICE.normal(size=3000),
        np.zeros(3000),
        (DICE.uniform(size=3000) < 0.02) * 0.3,
        np.sin(3 * TIMES),
        RARE,
        RARE + np.where(TIMES % 20 < 0.03, 30 * DICE.uniform(size=3000), 0),
        BOUTS[:2],
    ],
)
def test_running_is_no_wheel_that_wraps_around(speeds):
    assert wrapped_running_note("a", [speeds]) is None
