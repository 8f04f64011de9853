from dataclasses import replace

import numpy as np
import pytest

from reverie.foundation.errors import ReverieError
from reverie.foundation.files import read_npy, write_npy
from reverie.recordings.findings import render
from reverie.recordings.readers.sensorium_layout import write_recording
from reverie.recordings.survey import survey


def test_a_survey_counts_what_is_there(animal, make_trial):
    found = survey(animal.parent)
    (one,) = found.animals
    assert one.name == animal.name
    assert one.neurons == 7
    assert one.frame_size == (36, 64)
    assert one.trials == {"train": 4, "oracle": 1, "live_test_main": 1}
    assert one.recorded == {"train": 4, "oracle": 1}
    assert one.lengths == (40,) * 6
    assert sum(one.folds) == 5
    assert (found.movies, found.shared, found.repeated) == (6, 0, 0)
    assert found.leaks == ()
    assert found.problems == ()


def test_statistics_are_those_of_the_arrays(animal, make_trial):
    (one,) = survey(animal).animals
    trials = [make_trial(number) for number in range(6)]
    responses = np.concatenate([trial.responses for trial in trials[:5]], axis=1)
    np.testing.assert_allclose(one.responses["mean"], np.percentile(responses.mean(axis=1), [5, 50, 95]), rtol=1e-4)
    np.testing.assert_allclose(one.responses["std"], np.percentile(responses.std(axis=1), [5, 50, 95]), rtol=1e-4)
    speed = np.concatenate([trial.state[1] for trial in trials])
    np.testing.assert_allclose(one.signals["running speed"], (speed.mean(), speed.std(), np.median(speed)), rtol=1e-4)


def test_repeats_shared_movies_and_leaks_are_found(animal, make_trial, natural):
    noise = np.random.default_rng(3)
    trials = [make_trial(0), make_trial(1, movie=natural(0))]
    for number in range(2, 12):
        movie = natural(number) + noise.normal(size=(40, 36, 64)) * 8
        trials += [make_trial(number), make_trial(number + 20, movie=np.clip(movie, 0, 255).astype(np.float32))]
    write_recording(animal.parent / "other", trials)
    found = survey(animal.parent)
    assert found.repeated == 1
    assert found.shared == 5
    assert found.leaks
    for leak in found.leaks:
        assert leak.folds[0] != leak.folds[1]
        assert int(leak.first.trial) % 20 == int(leak.second.trial) % 20
    text = render(found)
    assert "22 trials" not in text.splitlines()[0]
    assert f"{len(found.leaks)} pair" in text
    assert "other trial" in text


def test_problems_are_collected_and_do_not_stop_the_survey(animal, make_trial):
    (animal / "data/videos/0.npy").write_text("broken")
    write_npy(animal / "data/responses/2.npy", np.full((7, 40), np.nan))
    (animal / "data/videos/notes.txt").write_text("hello")
    write_npy(animal / "data/responses/17.npy", np.ones((7, 40)))
    for kind in ("behavior", "pupil_center"):
        write_npy(animal / f"data/{kind}/17.npy", np.ones((2, 40)))
    write_npy(animal / "meta/neurons/cell_motor_coordinates.npy", np.ones((9, 3)))
    write_npy(animal / "meta/trials/tiers.npy", np.array(["train"] * 4 + ["oracle", "trian", *["oracle"] * 12]))
    (animal.parent / "empty/data/videos").mkdir(parents=True)
    found = survey(animal.parent)
    assert found.animals[0].lengths == (40,) * 6
    assert found.animals[0].trials == {"train": 3, "oracle": 1, "trian": 1, "spontaneous": 1}
    expected = [
        "empty/data/videos holds no trials",
        "videos/0.npy is not a numpy array file",
        "has no responses to trials of tier train: 2.",
        "passed over: notes.txt.",
        "is of 9 neurons, but 7 were recorded",
        "held out from training: trian.",
        "of a tier that shows movies have none, and count as spontaneous",
    ]
    for sentence in expected:
        assert sum(sentence in problem for problem in found.problems) == 1, sentence
    assert len(found.problems) == len(expected)
    assert f"Notes and problems: {len(expected)}" in render(found)


def test_a_trial_that_alone_of_its_tier_lacks_responses_is_named(tmp_path, make_trial):
    tiers = ["train", "oracle", "oracle", "final_test_main", "final_test_main"]
    trials = [replace(make_trial(number), tier=tier) for number, tier in enumerate(tiers)]
    write_recording(tmp_path / "mouse", [replace(one, responses=None) if one.name in "234" else one for one in trials])
    assert survey(tmp_path).problems == ("mouse has no responses to trials of tier oracle: 2.",)


def test_unusable_animals_are_named(animal, make_trial):
    write_recording(animal.parent / "other", [make_trial(0)])
    (animal.parent / "other/data/videos/0.npy").write_text("broken")
    found = survey(animal.parent)
    assert [one.name for one in found.animals] == [animal.name]
    assert any(problem.startswith("other cannot be used: No trial of other") for problem in found.problems)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda movie: movie / 255, "taken as shares of white"),
        (lambda movie: movie * 2, "is white (255)"),
        (lambda movie: movie - 200, "is black (0)"),
        (lambda movie: (movie * 4).astype(np.uint16), "taken to have 10 bits"),
    ],
)
def test_movies_in_other_units_are_noticed(animal, change, sentence):
    for path in (animal / "data/videos").iterdir():
        write_npy(path, change(read_npy(path, memory_map=False)[..., :40]))
    found = survey(animal)
    assert any(sentence in problem for problem in found.problems)
    assert found.animals[0].signals["movie"][0] == pytest.approx(110, abs=20)


def test_silent_neurons_are_noticed(animal):
    for path in (animal / "data/responses").iterdir():
        values = read_npy(path, memory_map=False)
        values[2:4, :40] = 0
        write_npy(path, values)
    assert any("has 2 neurons whose responses never change" in problem for problem in survey(animal).problems)


@pytest.mark.parametrize(
    ("part", "change", "sentence"),
    [
        ("data/responses", lambda values: 0 * values + 3, "has 7 neurons whose responses never change"),
        ("data/videos", lambda values: 0 * values + 90, "are of one grey throughout"),
        ("meta/trials", lambda words: np.full(len(words), "oracle"), "no trials of tier 'train', so that no encoder"),
    ],
)
def test_uninformative_arrays_are_noticed(animal, part, change, sentence):
    for path in (animal / part).iterdir():
        np.save(path, change(np.load(path)))
    assert any(sentence in problem for problem in survey(animal).problems)


def test_large_recordings_are_sampled(animal, monkeypatch):
    monkeypatch.setattr("reverie.recordings.survey.MOST_RESPONSES", 7 * 40 * 3)
    found = survey(animal)
    assert found.animals[0].read == 3
    assert found.animals[0].lengths == (40,) * 6
    assert "  read       3 of 6 trials, evenly chosen (--whole for all)" in render(found).splitlines()
    assert survey(animal, whole=True).animals[0].read == 6


def test_the_text_is_aligned(animal):
    lines = render(survey(animal)).splitlines()
    table = [line for line in lines if line.startswith("    ")]
    assert len(table) == 10
    assert len({len(line) for line in table}) == 1
    assert "  trials     train 4, oracle 1, live_test_main 1 (0 with responses)" in lines
    assert "  lengths    40 frames (1.3 s)" in lines
    assert "Near-duplicate movies in different folds: none" in lines
    assert lines[-1] == "Notes and problems: none"


def test_no_recording_at_all_is_an_error(tmp_path):
    (tmp_path / "notes.txt").write_text("x")
    with pytest.raises(ReverieError, match="not a recording of a known format"):
        survey(tmp_path)


def test_a_path_at_which_nothing_lies_is_told(tmp_path):
    with pytest.raises(ReverieError, match="typo is not there"):
        survey(tmp_path / "typo")
