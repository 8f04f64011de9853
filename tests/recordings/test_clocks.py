"""Clocks: rates told from uneven times, and the regular clock of frames."""

import numpy as np
import pytest

from reverie.foundation.errors import ReverieError
from reverie.recordings.clocks import paired_times, regular_frames, shown_rate, usual_step

JITTER = np.random.default_rng(0).normal(0, 0.0004, 2250)


@pytest.mark.parametrize(
    ("onsets", "rate"),
    [
        (np.ceil(np.arange(480) * 2.5 - 1e-9) / 60, 24.0),  # a film on a screen of 60 Hz
        (np.delete(np.arange(300), [5, 80, 81, 200]) / 30, 30.0),  # dropped frames
        (JITTER + np.delete(np.arange(3000), np.arange(1, 3000, 4)) / 60, 60.0),  # many of them
        (np.arange(300) / 30 + np.random.default_rng(0).normal(0, 0.003, 300), 30.0),
        ((10_800 + np.arange(600) / 30).astype(np.float32).astype(float), 30.0),  # steps of 0.033203 s, mostly
    ],
)
def test_the_rate_of_pictures_is_told_from_uneven_steps(onsets, rate):
    assert shown_rate(np.sort(onsets)) == pytest.approx(rate, rel=0.002)


def test_a_dropped_frame_shows_the_one_before():
    onsets = np.delete(np.arange(10) / 30, 4)
    clock, shown = regular_frames(onsets, 10 / 30, 30.0)
    assert len(clock) == 10
    assert shown.tolist() == [0, 1, 2, 3, 3, 4, 5, 6, 7, 8]


def test_jitter_of_the_screen_moves_no_frame():
    onsets = np.arange(30) / 30 + np.random.default_rng(1).uniform(0, 0.01, 30)
    _, shown = regular_frames(onsets, onsets[0] + 1.0, 30.0)
    assert shown.tolist() == list(range(30))


def test_the_step_of_times_that_stand_still_is_not_told():
    assert usual_step(np.array([0.0, 0.1, 0.2, 0.9]), "camera") == pytest.approx(0.1)
    for times in (np.array([3.0]), np.array([0.0, 1.0, 1.0, 1.0])):
        with pytest.raises(ReverieError, match="The times of camera do not determine a rate"):
            usual_step(times, "camera")


def test_a_pulse_too_many_is_dropped_and_missing_ones_go_on():
    times = np.arange(100) / 10
    assert len(paired_times(times, 98, "camera")) == 98
    np.testing.assert_allclose(paired_times(times, 102, "camera")[-2:], [10.0, 10.1])
    with pytest.raises(ReverieError, match="camera has 50 samples but 100 times"):
        paired_times(times, 50, "camera")
    with pytest.raises(ReverieError, match="are not all increasing numbers"):
        paired_times(times[::-1], 100, "camera")


def test_that_more_than_a_few_samples_of_a_long_recording_lack_is_said(capsys):
    times = np.arange(20_000) / 10
    assert len(paired_times(times, 19_998, "camera")) == 19_998
    assert not capsys.readouterr().err
    assert len(paired_times(times, 19_981, "camera")) == 19_981
    assert "camera has 19981 samples but 20000 times; they are paired from the first on" in capsys.readouterr().err
