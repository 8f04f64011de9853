"""Several encoders of the same recordings, trained side by side."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

import reverie as rv
from reverie.foundation.errors import BadInput, ReverieError
from reverie.jobs.engines.settings import EngineOptions
from reverie.jobs.training import OpenedData, TrainingData, train_encoders
from reverie.recordings.reading import Reading
from reverie.training.folder import TrainingSet, train_encoder
from reverie.training.request import TrainingRequest

REQUEST = TrainingRequest(architecture="linear_nonlinear", preset="tiny", steps=2, seed=3)


def lessons_of(world):
    return TrainingData(world.data, ("alpha",), Reading(), "cpu")


def weights_of(folder):
    return torch.cat([each.flatten() for each in rv.load(folder).state_dict().values()])


def test_encoders_of_seeds_that_follow_each_other_are_those_of_one_at_a_time(tiny_world, tmp_path):
    lessons = lessons_of(tiny_world)
    folders = train_encoders(lessons, tmp_path / "several", REQUEST, encoders=2, on=EngineOptions(jobs=2))
    assert [folder.name for folder in folders] == ["seed-3", "seed-4"]
    (alone,) = train_encoders(lessons, tmp_path / "alone", REQUEST, on=EngineOptions())
    assert torch.equal(weights_of(alone), weights_of(folders[0]))
    assert not torch.equal(weights_of(alone), weights_of(folders[1]))


def test_notes_on_recordings_are_printed_once_for_all_encoders(tiny_world, tmp_path, capsys):
    data = TrainingData(tiny_world.data, (), Reading(frame_size=(8, 16)), "cpu")
    train_encoders(data, tmp_path, REQUEST, encoders=2, on=EngineOptions(jobs=1))
    told = capsys.readouterr().err
    assert told.count("are averaged down from") == 2  # one an animal
    assert told.count("trials to train on") == 2
    assert told.count("The encoder is in") == 2


def test_trained_encoders_are_not_trained_again(tiny_world, tmp_path):
    lessons = lessons_of(tiny_world)
    first = train_encoders(lessons, tmp_path / "mine", REQUEST, encoders=1, on=EngineOptions())
    made = {path: path.stat().st_mtime_ns for path in first[0].rglob("*.safetensors")}
    assert train_encoders(lessons, tmp_path / "mine", REQUEST, encoders=1, on=EngineOptions()) == first
    assert made == {path: path.stat().st_mtime_ns for path in first[0].rglob("*.safetensors")}


def test_an_encoder_of_another_frame_rate_is_not_taken_for_it(tiny_world, tmp_path):
    (folder,) = train_encoders(lessons_of(tiny_world), tmp_path / "mine", REQUEST, on=EngineOptions())
    description = json.loads((folder / "encoder.json").read_text())
    del description["checksum"]
    # Versions before this one kept the last digits of sums.
    for rate in (30.000000000000107, 25.0):
        description["about"]["frame_rates"] = {"alpha": rate}
        (folder / "encoder.json").write_text(json.dumps(description))
        if rate == 25.0:
            with pytest.raises(ReverieError, match=r"trained on frames of .* at 25 per second, but alpha is .* at 30;"):
                train_encoder(tiny_world.data, folder, REQUEST, animals=["alpha"], device="cpu")
        else:
            train_encoder(tiny_world.data, folder, REQUEST, animals=["alpha"], device="cpu")


def test_none_to_train_and_far_too_many_are_told(tiny_world, tmp_path):
    for encoders in (0, 10**9):
        with pytest.raises(BadInput, match=f"^{encoders} encoders were asked for; there must be 1 to 1000"):
            train_encoders(lessons_of(tiny_world), tmp_path, REQUEST, encoders=encoders, on=EngineOptions())


def test_others_who_work_in_another_folder_find_all_files(tiny_world, tmp_path, monkeypatch):
    given = []
    monkeypatch.setattr("reverie.jobs.training._train", lambda opened, task: given.append((opened.source, *task)))
    monkeypatch.setattr(
        "reverie.jobs.training.open_data", lambda source, request: OpenedData(source, TrainingSet({}, None, False))
    )
    monkeypatch.chdir(tiny_world.data.parent)
    Path("shown.csv").touch()
    lessons = TrainingData(Path("data"), ("alpha",), Reading(frames_table=Path("shown.csv")), "cpu")
    request = replace(REQUEST, teacher=Path("encoder"))
    train_encoders(lessons, tmp_path / "several", request, encoders=2, on=EngineOptions())
    for source, folder, asked in given:
        assert all(path.is_absolute() for path in (source.data, source.reading.frames_table, folder, asked.teacher))
    assert len(given) == 2
