"""What was found in reading recordings is told once, whether they come from files or from Python."""

import numpy as np
import pytest
from tests.worlds import open_recording

from reverie.foundation.errors import ReverieError
from reverie.recordings.opening import choose_trials, say_notes
from reverie.recordings.recording import Recording
from reverie.recordings.trial import Trial


def test_notes_are_printed_once(capsys):
    times = np.arange(60) / 30
    recording = Recording.from_arrays(
        "mouse",
        (times, np.random.default_rng(0).gamma(0.3, 5, (60, 3))),
        movies={"a": np.random.default_rng(1).uniform(0, 255, (60, 4, 6))},
        shown={"onset": [0.0], "clip": ["a"]},
    )
    assert say_notes({"mouse": recording}) == {"mouse": recording}
    assert "taken to have run at 30 frames a second" in capsys.readouterr().err
    say_notes({"mouse": recording}, all_needed=True)
    assert capsys.readouterr().err == ""


def with_tiers(world, last_tiers):
    """Return the recording of an animal whose last three trials, the last of them without responses, have tiers."""
    np.save(world.data / "alpha/meta/trials/tiers.npy", np.array(["train"] * 5 + last_tiers))
    return open_recording(world.data / "alpha")


@pytest.mark.parametrize(
    ("last_tiers", "word", "meant"),
    [
        (["oracle", "live_test_main", "final_test_main"], "test", ["6"]),
        (["oracle", "final_test_main", "live_test_main"], "test", ["6"]),  # trial 7 has no responses
        (["live_test_main", "test", "validation"], "test", ["6"]),
        (["oracle", "live_test_main", "test"], "validation", ["5"]),
        (["val", "val", "test"], "validation", ["5", "6"]),
    ],
)
def test_test_and_validation_trials_are_found_whatever_they_are_called(tiny_world, last_tiers, word, meant):
    recording = with_tiers(tiny_world, last_tiers)
    assert recording.names(word) == tuple(meant)
    assert choose_trials(recording, [word]) == meant


def test_without_test_trials_the_tiers_there_are_are_told(tiny_world):
    recording = with_tiers(tiny_world, ["oracle", "oracle", "oracle"])
    with pytest.raises(ReverieError, match=r"no trial or tier 'test'.* its tiers are train, oracle"):
        choose_trials(recording, ["test"])


def test_folds_are_chosen_like_tiers(tiny_world):
    recording = open_recording(tiny_world.data / "alpha")
    fold = recording.fold("3")
    assert "3" in choose_trials(recording, [f"fold_{fold}"])
    assert {recording.fold(name) for name in choose_trials(recording, [f"fold_{fold}"])} == {fold}


def test_a_tier_that_a_recording_itself_calls_like_a_fold_is_meant_before_the_fold(tiny_world):
    recording = with_tiers(tiny_world, ["fold_0", "fold_0", "test"])
    assert choose_trials(recording, ["fold_0"]) == ["5", "6"]


def test_a_trial_of_the_very_name_is_meant_before_the_tiers_and_folds_that_a_word_means():
    movies, state = np.random.default_rng(0).uniform(0, 255, (4, 60, 8, 8)), np.zeros((4, 60), np.float32)
    tiers = {"test": "train", "fold_0": "train", "a": "oracle", "b": "live_test_main"}
    trials = [
        Trial(name, tier, movie.astype(np.float32), state, np.ones((3, 60), np.float32))
        for (name, tier), movie in zip(tiers.items(), movies, strict=True)
    ]
    recording = Recording.from_trials("mouse", trials)
    for word, meant in {"test": "test", "fold_0": "fold_0", "validation": "a", "live_test_main": "b"}.items():
        assert choose_trials(recording, [word]) == [meant]


def test_recordings_and_trials_are_shown_in_a_line_for_which_nothing_is_read(tiny_world):
    recording = open_recording(tiny_world.data / "alpha")
    assert repr(recording) == f"<Recording of alpha in {tiny_world.data / 'alpha'}>"
    assert "_usable" not in vars(recording)
    names = list(recording.tiers)
    assert repr(recording).endswith(f": {recording.neurons} neurons, {len(names)} trials>")
    trial = recording.trial(names[0])
    height, width = recording.frame_size
    assert repr(trial) == (
        f"<Trial {names[0]}, tier {trial.tier}: {trial.frames} frames, {height} x {width} pixels, "
        f"{recording.neurons} neurons>"
    )
    bare = repr(Trial("a", "test", None, trial.state, None))
    assert bare == f"<Trial a, tier test: {trial.frames} frames, no movie, no responses>"


def test_a_recording_in_memory_is_shown_without_a_place(tiny_world):
    trial = open_recording(tiny_world.data / "alpha").trial("0")
    assert repr(Recording.from_trials("mine", [trial])) == "<Recording of mine>"
