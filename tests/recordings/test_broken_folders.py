"""Every way a folder can be broken, each with its one sentence; nothing else in the folder is lost because of it."""

import os
import re
import shutil

import numpy as np
import pytest
from tests.worlds import open_recording

from reverie.foundation.errors import ReverieError
from reverie.foundation.files import read_npy, write_npy, write_npz
from reverie.recordings.opening import choose_trials, usable_and_broken
from reverie.recordings.readers.registry import open_recordings
from reverie.training.folder import train_encoder


def replace(path, change):
    """Change an array on disk."""
    values = np.array(read_npy(path, memory_map=False))
    changed = change(values)
    write_npy(path, values if changed is None else changed)


def put(where, value):
    """Return a change that sets some elements."""

    def change(values):
        values[where] = value

    return change


def truncate(path):
    path.write_bytes(path.read_bytes()[:-1000])


def pickled(path):
    np.save(path, np.array([{"a": 1}], dtype=object), allow_pickle=True)


def remove(path):
    path.unlink()


def renumber(animal):
    for path in animal.glob("data/*/0.npy"):
        path.rename(path.with_name("90.npy"))


def dangle(path):
    path.unlink()
    path.symlink_to("../../../.git/annex/objects/aa/bb/MD5-s1.npy/MD5-s1.npy")


def empty(folder):
    shutil.rmtree(folder)
    folder.mkdir()


def hollow(folder):
    for path in folder.glob("*/*"):
        path.unlink()


VIDEO, RESPONSES = "data/videos/1.npy", "data/responses/1.npy"
BEHAVIOR, PUPIL = "data/behavior/1.npy", "data/pupil_center/1.npy"
TIERS, UNIT_IDS = "meta/trials/tiers.npy", "meta/neurons/unit_ids.npy"

# The trial is left out, with the reason; all others work.
LEFT_OUT = {
    "video of truth values": (VIDEO, lambda p: write_npy(p, np.ones((36, 64, 40), bool)), "shares of white, but most"),
    "behaviour missing": (BEHAVIOR, remove, "is missing, though other trials"),
    "pupil missing": (PUPIL, remove, "is missing, though other trials"),
    "video truncated": (VIDEO, truncate, "is cut short"),
    "video is a text file": (VIDEO, lambda p: p.write_text("hello"), "is not a numpy array file"),
    "video is an empty file": (VIDEO, lambda p: p.write_bytes(b""), "is empty"),
    "video is a folder": (VIDEO, lambda p: [p.unlink(), p.mkdir()], "could not be read"),
    "video is an archive": (VIDEO, lambda p: write_npz(p, {"a": np.ones(3)}), "is an archive of arrays"),
    "video is a pickle": (VIDEO, pickled, "holds Python objects"),
    "video not fetched by git-annex": (
        VIDEO,
        lambda p: p.write_text("/annex/objects/MD5-s553088--0cc175b9c0f1b6a831c399e269772661.npy\n"),
        "was not fetched",
    ),
    "video not fetched by git-lfs": (
        VIDEO,
        lambda p: p.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"),
        "was not fetched",
    ),
    "video is a link to what was not fetched": (VIDEO, dangle, "was not fetched"),
    "video of text": (VIDEO, lambda p: write_npy(p, np.full((36, 64, 40), "x")), "holds text where numbers"),
    "video of complex numbers": (VIDEO, lambda p: write_npy(p, np.ones((36, 64, 40), complex)), "complex numbers"),
    "video with colours": (VIDEO, lambda p: write_npy(p, np.ones((36, 64, 3, 40))), r"\(height, width, time\)"),
    "video without height": (VIDEO, lambda p: write_npy(p, np.ones((64, 40))), r"\(height, width, time\)"),
    "video of another size": (VIDEO, lambda p: write_npy(p, np.ones((36, 60, 40))), "one frame size"),
    "video of padding only": (VIDEO, lambda p: write_npy(p, np.full((36, 64, 40), np.nan)), "holds padding only"),
    "video of one frame": (VIDEO, lambda p: write_npy(p, np.ones((36, 64, 1))), "lasts 40 frames but .* lasts 1;"),
    "video shorter than the rest": (
        VIDEO,
        lambda p: replace(p, put((..., slice(30, None)), np.nan)),
        r"lasts 40 frames but .*videos/1\.npy lasts 30;",
    ),
    "responses longer than the movie": (
        RESPONSES,
        lambda p: replace(p, put((..., slice(40, 45)), 1.0)),
        r"responses/1\.npy lasts 45 frames but .* lasts 40;",
    ),
    "NaN inside the responses": (RESPONSES, lambda p: replace(p, put((2, 7), np.nan)), "in 1 of 7 neurons"),
    "a neuron of NaN": (RESPONSES, lambda p: replace(p, put(2, np.nan)), "in 1 of 7 neurons"),
    "infinite responses": (RESPONSES, lambda p: replace(p, put((2, 7), np.inf)), "holds NaN, infinity or"),
    "a response no cell gives": (RESPONSES, lambda p: replace(p, put((2, 7), 1e30)), "holds NaN, infinity or"),
    "responses too large for float32": (
        RESPONSES,
        lambda p: replace(p, lambda values: (values.astype(np.float64) + 1) * 1e300),
        "holds NaN, infinity or",
    ),
    "a neuron missing in one trial": (RESPONSES, lambda p: replace(p, lambda v: v[:-1]), "holds 6 neurons but most"),
    "responses of a single number": (RESPONSES, lambda p: write_npy(p, np.array(3.0)), r"\(neuron, time\)"),
    "responses of one dimension": (RESPONSES, lambda p: replace(p, lambda v: v[0]), r"\(neuron, time\)"),
    "behaviour of three rows": (BEHAVIOR, lambda p: write_npy(p, np.ones((3, 40))), r"\(2, time\) was expected"),
    "pupil turned round": (PUPIL, lambda p: replace(p, lambda v: v.T), r"\(2, time\) was expected"),
    "text in the behaviour": (BEHAVIOR, lambda p: write_npy(p, np.full((2, 40), "fast")), "holds text where numbers"),
}

# The trial is used all the same, and what was done is said; None where there is nothing to say.
USED = {
    "behaviour shorter by one": (BEHAVIOR, lambda p: replace(p, put((..., slice(39, None)), np.nan)), "are bridged"),
    "a blink": (BEHAVIOR, lambda p: replace(p, put((0, slice(5, 9)), np.nan)), "gaps of up to 1 s in pupil dilation"),
    "running no mouse does": (BEHAVIOR, lambda p: replace(p, put((1, 5), 1e30)), "gaps of up to 1 s in running"),
    "unit ids of another animal": (UNIT_IDS, lambda p: write_npy(p, np.arange(9)), None),
    "unit ids of text": (UNIT_IDS, lambda p: write_npy(p, np.array(["a"] * 7)), None),
    "tiers of numbers": (TIERS, lambda p: write_npy(p, np.arange(6)), "should hold one word per trial"),
    "tiers pickled": (TIERS, pickled, "holds Python objects"),
    "tiers too few": (TIERS, lambda p: write_npy(p, np.array(["train"] * 3)), "holds 3 tiers"),
    "a movie numbered beyond the tiers": ("", renumber, "holds 6 tiers"),
    "a movie is missing": (VIDEO, remove, "of a tier that shows movies have none, and count as spontaneous"),
}

# Nothing can be used.
REFUSED = {
    "all empty": ("data", empty, "no folder in it holds data/videos and data/responses"),
    "no trials": ("data", hollow, "holds no trials"),
    "movies of padding": (
        "data/videos",
        lambda folder: [write_npy(path, np.full((36, 64, 40), np.nan)) for path in folder.iterdir()],
        "holds padding only",
    ),
    "movies in which time cannot be told from space": (
        "data/videos",
        lambda folder: [write_npy(path, np.ones((40, 36, 40))) for path in folder.iterdir()],
        "--movie-axes",
    ),
}


@pytest.mark.parametrize("case", LEFT_OUT)
def test_a_broken_trial_is_left_out_with_its_reason(animal, case):
    part, damage, expected = LEFT_OUT[case]
    damage(animal / part)
    recording = open_recording(animal)
    assert list(recording.left_out) == ["1"]
    reason = recording.left_out["1"]
    assert re.search(expected, reason), reason
    assert part in reason
    assert "\n" not in reason
    assert any("left out 1 trial (1)" in note for note in recording.notes)
    assert list(recording.tiers) == ["0", "2", "3", "4", "5"]
    read_all(recording)
    with pytest.raises(ReverieError, match=r"Trial 1 of .* cannot be used"):
        recording.trial("1")


@pytest.mark.parametrize("case", USED)
def test_usable_parts_of_damaged_folders_are_used_with_a_note(animal, case):
    part, damage, expected = USED[case]
    damage(animal / part)
    recording = open_recording(animal)
    assert not recording.left_out
    assert len(recording.tiers) == 6
    assert (expected is None and not recording.notes) or any(expected in note for note in recording.notes)
    read_all(recording)


@pytest.mark.parametrize("case", REFUSED)
def test_nothing_to_use_is_an_error_of_one_sentence(animal, case):
    part, damage, expected = REFUSED[case]
    damage(animal / part)
    with pytest.raises(ReverieError, match=expected) as caught:
        read_all(open_recording(animal))
    assert str(animal.parent) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_trials_of_no_neurons_are_left_out(animal):
    for path in (animal / "data/responses").iterdir():
        write_npy(path, np.zeros((0, 40)))
    recording = open_recording(animal)
    assert list(recording.tiers) == ["5"]
    (note,) = recording.notes
    assert "left out 5 trials (0, 1, 2, 3, 4): " in note
    assert "its neuron count is zero" in note


def test_damage_found_while_reading_names_the_file(animal):
    recording = open_recording(animal)
    assert recording.neurons == 7
    replace(animal / VIDEO, put((3, 4, 5), np.nan))
    with pytest.raises(ReverieError, match=r"videos/1\.npy holds NaN, infinity or a number beyond 1e15 at frame 5"):
        recording.movie("1")
    replace(animal / RESPONSES, put((3, 9), np.inf))
    with pytest.raises(ReverieError, match=r"responses/1\.npy holds NaN, infinity or a number beyond 1e15 at frame 9"):
        recording.responses("1")


def test_damage_found_while_reading_leaves_the_trial_out_with_one_message(animal, capsys):
    replace(animal / VIDEO, put((3, 4, 5), np.nan))
    recording = open_recording(animal)
    assert choose_trials(recording, ["3", "00"]) == ["3", "0"]
    assert "1" in recording.tiers
    assert choose_trials(recording, ["train"]) == choose_trials(recording, ["train"]) == ["0", "2", "3"]
    assert capsys.readouterr().err.count("left out 1 trial (1): ") == 1
    assert "1" not in recording.tiers
    assert "1" in recording.opened_tiers
    for name in ("1", "01"):
        with pytest.raises(ReverieError, match=r"Trial 1 of .* cannot be used: .*videos/1\.npy holds NaN"):
            choose_trials(recording, [name])
        usable, broken = usable_and_broken(recording, ["0", name])
        assert (usable, list(broken)) == (["0"], [f"{recording.name} trial 1"])
        assert "Left out: Trial 1 of" in capsys.readouterr().err
    assert usable_and_broken(recording, ["train"]) == (["0", "2", "3"], {})


def test_a_trial_named_by_the_user_is_told_before_any_work(animal, capsys):
    replace(animal / VIDEO, put((3, 4, 5), np.nan))
    assert choose_trials(open_recording(animal), ["0", "1"]) == ["0"]
    assert "videos/1.npy holds NaN" in capsys.readouterr().err
    for name in "0234":
        replace(animal / f"data/videos/{name}.npy", put((3, 4, 5), np.nan))
    with pytest.raises(ReverieError, match=r"No trial of tier 'train' .* can be used: .*videos/0\.npy holds NaN"):
        choose_trials(open_recording(animal), ["train"])


def test_a_split_of_our_own_passes_over_movies_that_cannot_be_read(animal):
    (animal / "meta/trials/tiers.npy").unlink()
    replace(animal / VIDEO, put((3, 4, 5), np.nan))
    recording = open_recording(animal)
    assert list(recording.tiers) == ["0", "2", "3", "4", "5"]
    assert sum("left out 1 trial (1)" in note for note in recording.notes) == 1


def test_training_goes_on_without_a_movie_that_cannot_be_read(animal, tmp_path, capsys):
    replace(animal / VIDEO, put((3, 4, 5), np.nan))
    recording = open_recording(animal)
    for _ in range(2):  # the second time it is trained already: the same was asked for
        encoder = train_encoder({recording.name: recording}, tmp_path / "out", architecture="linear_nonlinear", steps=1)
    assert encoder.about["training_trials"][recording.name] == ["0", "2", "3"]
    told = capsys.readouterr().err
    assert told.count("left out 1 trial (1): ") == 1
    assert "trained already" in told


def read_all(recording) -> None:
    """Use a recording as training would: names, neurons, then every trial."""
    assert recording.neurons > 0
    for name, tier in recording.tiers.items():
        trial = recording.trial(name)
        assert trial.tier == tier
        assert trial.frames == recording.frames(name) > 0
        assert recording.has_responses(name) == (trial.responses is not None)
        assert recording.has_movie(name) == (trial.movie is not None)
        for values in (trial.movie, trial.state, trial.responses):
            assert values is None or (np.isfinite(values).all() and values.dtype == np.float32)


def test_a_folder_that_may_not_be_read_spoils_no_other(animal, monkeypatch, capsys):
    closed = animal.with_name("closed")
    shutil.copytree(animal, closed)
    access = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: path != closed and access(path, mode))
    assert list(open_recordings(animal.parent)) == [animal.name]
    assert capsys.readouterr().err.count("closed may not be read and is left out; change its permissions.") == 1


def test_animals_with_unreadable_behaviour_are_used_without_it(animal, monkeypatch, capsys):
    access = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: path != animal / "data/behavior" and access(path, mode))
    assert open_recording(animal).signals == ("pupil x", "pupil y")
    assert capsys.readouterr().err.count("data/behavior may not be read and is left out; change its permissions.") == 1


def test_a_folder_whose_disk_is_away_spoils_no_other_and_is_said(animal, capsys):
    (animal.parent / "mouse2").symlink_to("/disks/away/mouse2")
    assert list(open_recordings(animal.parent)) == [animal.name]
    assert "mouse2 is a link to /disks/away/mouse2, which is not there, and is left out" in capsys.readouterr().err
