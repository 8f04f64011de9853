import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from tests.worlds import open_recording

from reverie.foundation.arrays import STATE_NAMES
from reverie.foundation.errors import ReverieError
from reverie.foundation.files import read_npy, write_npy
from reverie.recordings.readers.registry import find_animal, open_recordings
from reverie.recordings.readers.sensorium_layout import write_recording
from reverie.recordings.tiers import FOLDS, perceptual_hash


def repad(path, frames):
    """Write an array again with another number of padding frames."""
    values = np.asarray(read_npy(path, memory_map=False))
    kept = values[..., ~np.isnan(values).all(axis=tuple(range(values.ndim - 1)))]
    widths = [(0, 0)] * (values.ndim - 1) + [(0, frames)]
    write_npy(path, np.pad(kept, widths, constant_values=np.nan))


def same(one, other):
    return (one is None and other is None) or np.array_equal(one, other)


def test_a_recording_says_what_it_holds(animal):
    recording = open_recording(animal)
    assert recording.name == "dynamic12345-1-2-Video-0a1b"
    assert recording.neurons == 7
    assert recording.frame_rate == 30
    assert recording.frame_size == (36, 64)
    assert list(recording.tiers) == ["0", "1", "2", "3", "4", "5"]
    assert recording.tiers["4"] == "oracle"
    assert recording.source.unit_ids.tolist() == [1, 2, 3, 4, 5, 6, 7]
    assert recording.source.coordinates.shape == (7, 3)
    assert recording.signals == STATE_NAMES
    assert recording.response_kind == "events"
    assert recording.degrees_per_pixel == 3.4
    assert not recording.left_out
    assert not recording.notes


def test_everything_in_meta_may_be_missing(animal):
    shutil.rmtree(animal / "meta")
    recording = open_recording(animal)
    assert Counter(recording.tiers.values()) == {"train": 4, "validation": 1, "test": 1}
    assert recording.notes == (
        f"{recording.name} names no tiers, so that its trials are divided by movie: 4 train, 1 validation, 1 test.",
    )
    assert recording.source.unit_ids is None
    assert recording.source.coordinates is None
    assert recording.neurons == 7


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16])
def test_arrays_are_handed_out_as_float32_without_padding(animal, make_trial, dtype):
    expected = make_trial(2)
    for kind in ("videos", "responses", "behavior", "pupil_center"):
        path = animal / "data" / kind / "2.npy"
        write_npy(path, read_npy(path, memory_map=False).astype(dtype))
    trial = open_recording(animal).trial("2")
    assert trial.movie.shape == (40, 36, 64)
    for values in (trial.movie, trial.state, trial.responses):
        assert values.dtype == np.float32
    np.testing.assert_allclose(trial.movie, expected.movie, rtol=1e-3 if dtype == np.float16 else 0)


def test_whole_numbers_may_hide_their_padding(animal, make_trial):
    """uint8 cannot hold NaN: the other arrays say how long the trial is."""
    video = np.zeros((36, 64, 50), dtype=np.uint8)
    video[..., :40] = np.moveaxis(make_trial(1).movie, 0, -1)
    write_npy(animal / "data/videos/1.npy", video)
    trial = open_recording(animal).trial("1")
    assert trial.frames == 40
    np.testing.assert_array_equal(trial.movie, np.floor(make_trial(1).movie))


def test_each_array_may_be_padded_differently(animal, make_trial):
    for padding, kind in enumerate(("videos", "responses", "behavior", "pupil_center")):
        repad(animal / "data" / kind / "0.npy", padding * 7)
    recording = open_recording(animal)
    assert recording.frames("0") == 40
    for part in ("movie", "state", "responses"):
        assert same(getattr(recording.trial("0"), part), getattr(make_trial(0), part))
        assert same(getattr(recording, part)("0"), getattr(make_trial(0), part))


def test_responses_may_be_missing_or_all_nan(animal):
    write_npy(animal / "data/responses/3.npy", np.full((7, 50), np.nan))
    recording = open_recording(animal)
    assert recording.trial("5").responses is None
    assert recording.trial("3").responses is None
    assert [recording.has_responses(name) for name in recording.tiers] == [True, True, True, False, True, False]


def test_neurons_are_known_from_unit_ids_where_no_response_was_released(animal):
    shutil.rmtree(animal / "data/responses")
    assert open_recording(animal).neurons == 7


def test_numbers_may_have_gaps_and_tiers_may_go_on(animal):
    for kind in ("videos", "responses", "behavior", "pupil_center"):
        (animal / "data" / kind / "1.npy").unlink()
    write_npy(animal / "meta/trials/tiers.npy", np.array([b"train"] * 4 + [b"oracle"] * 2 + [b"none"] * 20))
    for name in ("notes.npy", "02.npy", "2.txt", ".2.npy"):
        (animal / "data/videos" / name).write_text("not a trial")
    assert list(open_recording(animal).tiers.items()) == [
        ("0", "train"),
        ("2", "train"),
        ("3", "train"),
        ("4", "oracle"),
        ("5", "oracle"),
    ]


def test_as_many_tiers_as_trials_are_those_of_the_trials_that_are_left(animal):
    for kind in ("videos", "responses", "behavior", "pupil_center"):
        (animal / "data" / kind / "1.npy").unlink()
    write_npy(animal / "meta/trials/tiers.npy", np.array(["train", "train", "oracle", "oracle", "test"]))
    recording = open_recording(animal)
    assert recording.tiers == {"0": "train", "2": "train", "3": "oracle", "4": "oracle", "5": "test"}
    assert any("whose numbers have gaps: they are taken in order" in note for note in recording.notes)


def test_an_animal_is_called_by_its_folder(animal, monkeypatch):
    (animal.parent / "mouse").symlink_to(animal)
    assert open_recording(animal.parent / "mouse").name == "mouse"
    monkeypatch.chdir(animal)
    assert open_recording(Path()).name == animal.name
    assert open_recording(Path("data/..")).name == animal.name


def test_trials_of_a_tier_are_read_when_asked_for(animal):
    recording = open_recording(animal)
    trials = recording.trials("train")
    (animal / "data/videos/3.npy").write_text("broken")
    assert len(trials) == 4
    assert trials[0].name == "0"
    assert [trial.name for trial in trials[1:3]] == ["1", "2"]
    with pytest.raises(ReverieError, match=r"videos/3\.npy"):
        trials[3]
    assert len(recording.trials("final_test_main")) == 0


def test_folds_divide_the_training_and_oracle_trials(animal):
    recording = open_recording(animal)
    names = [name for fold in range(7) for name in recording.names(f"fold_{fold}")]
    assert sorted(names) == ["0", "1", "2", "3", "4"]
    for fold in range(7):
        assert all(perceptual_hash(trial.movie) % FOLDS == fold for trial in recording.trials(f"fold_{fold}"))


@pytest.mark.parametrize("split", ["fold_7", "fold_", "trian", ""])
def test_an_unknown_split_is_named_with_the_choices(animal, split):
    with pytest.raises(ReverieError, match=r"train, oracle, live_test_main.*fold_0 to fold_6"):
        open_recording(animal).trials(split)


@pytest.mark.parametrize("name", ["6", "-1", "three", ""])
def test_an_unknown_trial_is_named_with_the_range(animal, name):
    with pytest.raises(ReverieError, match="6 trials are named 0 to 5"):
        open_recording(animal).trial(name)


def test_a_folder_of_animals_or_of_one_animal_is_opened(animal, make_trial):
    write_recording(animal.parent / "dynamic678-9-9-Video-0a1b", [make_trial(0)])
    (animal.parent / "figures").mkdir()
    (animal.parent / ".hidden/data").mkdir(parents=True)
    (animal.parent / "notes.txt").write_text("not an animal")
    assert list(open_recordings(animal.parent)) == ["dynamic12345-1-2-Video-0a1b", "dynamic678-9-9-Video-0a1b"]
    assert list(open_recordings(animal)) == ["dynamic12345-1-2-Video-0a1b"]


def test_a_folder_without_animals_is_an_error(tmp_path):
    (tmp_path / "notes.txt").write_text("x")
    with pytest.raises(ReverieError, match="a Sensorium 2023 folder: no folder in it holds data/videos"):
        open_recordings(tmp_path)
    with pytest.raises(ReverieError, match="is not there"):
        open_recordings(tmp_path / "missing")


@pytest.mark.parametrize("name", ["dynamic12345-1-2-Video-0a1b", "12345", "dynamic123", "12345-1-2", "345-1"])
def test_an_animal_is_found_by_a_part_of_its_name(animal, make_trial, name):
    write_recording(animal.parent / "dynamic678-9-9-Video-0a1b", [make_trial(0)])
    assert find_animal(open_recordings(animal.parent), name).name == animal.name


@pytest.mark.parametrize("name", ["dynamic", "Video-0a1b", "999", ""])
def test_an_unknown_or_ambiguous_animal_is_answered_with_the_names(animal, make_trial, name):
    write_recording(animal.parent / "dynamic678-9-9-Video-0a1b", [make_trial(0)])
    with pytest.raises(ReverieError, match=r"dynamic12345-1-2-Video-0a1b, dynamic678-9-9-Video-0a1b"):
        find_animal(open_recordings(animal.parent), name)
