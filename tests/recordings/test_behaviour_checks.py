"""Doubts about behaviour are said of what a laboratory's cameras and wheels do, and of nothing else."""

import numpy as np
import pytest

from reverie.recordings.behaviour_checks import lost_pupil_note, wrapped_running_note

DICE = np.random.default_rng(0)
TIMES = np.arange(3000) / 30
BOUTS = np.where(TIMES % 30 < 8, 20 + DICE.normal(0, 4, 3000), DICE.normal(0, 0.1, 3000))
RARE = DICE.normal(0, 0.02, 3000) + np.where(TIMES > 96, 10 + DICE.normal(0, 1, 3000), 0)
SIZES = 5 + np.sin(TIMES) + DICE.normal(0, 0.1, 3000)


@pytest.mark.parametrize("fill", [0.0, -1.0])
def test_a_lost_pupil_is_told_from_a_scaled_one(fill):
    blinks = np.where(np.arange(3000) % 400 < 9, fill, SIZES)
    assert f"has the size {fill:g} in 72 of 3000 frames" in str(lost_pupil_note("a", np.split(blinks, 10)))
    scaled = (SIZES - SIZES.min()) / np.ptp(SIZES)
    for fine in (SIZES, scaled, np.round(scaled, 1), SIZES - SIZES.mean()):
        assert lost_pupil_note("a", np.split(fine, 10)) is None


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
