"""A recording written again in another layout is read as the same recording."""

from dataclasses import replace

import numpy as np
import pytest
from tests.worlds import open_recording

from reverie.foundation.arrays import DEGREES_PER_PIXEL
from reverie.foundation.errors import ReverieError
from reverie.recordings.converting import convert
from reverie.recordings.readers.experanto_writer import write_session
from reverie.recordings.readers.finding import find_reader
from reverie.recordings.readers.sensorium_layout import write_recording
from reverie.recordings.reading import Reading
from reverie.recordings.recording import Recording


@pytest.fixture
def original(make_trial, tmp_path):
    """An animal without a pupil, one of whose trials shows nothing."""
    trials = [make_trial(number, tier) for number, tier in enumerate(["train", "train", "oracle"])]
    trials.append(make_trial(3, frames=70))
    for trial in trials:
        trial.state[[0, 2, 3]] = np.nan
    trials[3] = replace(trials[3], movie=None, tier="spontaneous")
    write_recording(tmp_path / "data/mouse1", trials, padded_frames=None)
    return tmp_path / "data"


@pytest.mark.parametrize("to", ["sensorium", "experanto"])
def test_nothing_changes_but_the_layout(original, tmp_path, to):
    (folder,) = convert(original, tmp_path / "out", to)
    assert folder == tmp_path / "out/mouse1"
    before, after = open_recording(original), open_recording(folder)
    assert find_reader(folder, Reading()).format == to
    assert after.tiers == before.tiers
    assert after.signals == before.signals == ("running speed",)
    for name in before.tiers:
        first, second = before[name], after[name]
        np.testing.assert_allclose(second.responses, first.responses, rtol=1e-6)
        np.testing.assert_allclose(second.state, first.state, rtol=1e-5)
        assert (second.movie is None) == (first.movie is None)
        if first.movie is not None:
            np.testing.assert_array_equal(second.movie, first.movie)


@pytest.mark.parametrize("rate", [30.0, 128.0])
def test_images_keep_their_frames_and_all_responses(make_trial, tmp_path, rate):
    """At 128 a second, a movie would be thinned when it is read, and the responses with it."""
    trials = [replace(make_trial(number, frames=32), frame_rate=rate) for number in range(4)]
    trials = [replace(trial, movie=np.repeat(trial.movie[:1], 32, axis=0)) for trial in trials]
    recording = Recording.from_trials("mouse", trials)
    write_session(tmp_path / "mouse", (recording.trial(name) for name in recording.tiers))
    read = open_recording(tmp_path / "mouse")
    assert read.frame_rate == pytest.approx(rate)
    for trial in trials:
        np.testing.assert_array_equal(read.movie(trial.name), trial.movie)
        np.testing.assert_allclose(read.responses(trial.name), trial.responses, rtol=1e-6)


@pytest.mark.parametrize("angle", [None, 1.5])
def test_the_angle_of_a_pixel_is_not_taken_from_the_size_of_its_movies(make_trial, tmp_path, angle):
    """Movies of another set-up may be as large as those of the release, which says what a pixel's angle is."""
    write_session(tmp_path / "mouse", [make_trial(number) for number in range(3)])
    (folder,) = convert(tmp_path / "mouse", tmp_path / "out", "sensorium", reading=Reading(degrees_per_pixel=angle))
    recording = open_recording(folder)
    assert recording.frame_size == (36, 64)
    assert recording.degrees_per_pixel == angle
    np.save(folder / "meta/degrees_per_pixel.npy", np.array([1.0, 2.0]))
    with pytest.raises(ReverieError, match=r"degrees_per_pixel\.npy should hold one number above 0"):
        _ = open_recording(folder).degrees_per_pixel
    (folder / "meta/degrees_per_pixel.npy").unlink()
    assert open_recording(folder).degrees_per_pixel == DEGREES_PER_PIXEL


@pytest.mark.parametrize("to", ["sensorium", "experanto"])
def test_traces_stay_traces(make_trial, tmp_path, to):
    trials = [make_trial(number, tier) for number, tier in enumerate(["train", "train", "oracle"])]
    for trial in trials:
        trial.responses[:] -= 2
    write_recording(tmp_path / "data/mouse1", trials, padded_frames=None)
    (folder,) = convert(tmp_path / "data", tmp_path / "out", to)
    after = open_recording(folder)
    assert after.response_kind == "traces"
    np.testing.assert_allclose(after.responses("1") + after.floor[:, None], trials[1].responses, atol=1e-5)


def test_a_layout_that_keeps_no_rate_asks_for_its_own(make_trial, tmp_path):
    write_session(tmp_path / "mouse", [replace(make_trial(number), frame_rate=20.0) for number in range(3)])
    with pytest.raises(ReverieError, match=r"has 20 frames a second.*give --frame-rate 30"):
        convert(tmp_path / "mouse", tmp_path / "out", "sensorium")
    (folder,) = convert(tmp_path / "mouse", tmp_path / "out", "sensorium", reading=Reading(frame_rate=30.0))
    assert open_recording(folder).frames("0") == 60


def test_a_trial_without_responses_is_named_and_nothing_half_written_stays(make_trial, tmp_path):
    trials = [make_trial(0), make_trial(1, recorded=False)]
    with pytest.raises(ReverieError, match=r"Trial 1 has no responses.*--leave-out trial:1"):
        write_session(tmp_path / "out/mouse", trials)
    assert list((tmp_path / "out").iterdir()) == []


def test_existing_folders_are_not_replaced(original, tmp_path):
    convert(original, tmp_path / "out", "experanto")
    with pytest.raises(ReverieError, match="exists already"):
        convert(original, tmp_path / "out", "experanto")
