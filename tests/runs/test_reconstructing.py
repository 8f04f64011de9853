"""Runs: what is finished is kept, what has become another is made again."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from tests.fixtures import copy_of, cover_the_frame
from tests.runs.tiny_runs import QUICK, reconstruct
from tests.worlds import describe_training, files_in, fitted_to, replace_encoder, scale_responses

from reverie.fitted.reconstruction import Reconstruction
from reverie.foundation.errors import ReverieError
from reverie.foundation.partial_files import hold_folder
from reverie.inversion.mask import save_mask
from reverie.inversion.methods.map import Map
from reverie.inversion.methods.paper import Paper
from reverie.inversion.methods.ridge import Ridge
from reverie.jobs.job import perform
from reverie.recordings.reading import Reading
from reverie.runs.options import Joining
from reverie.runs.writing import write_watchable
from reverie.scoring.tables import read_scores

pytestmark = pytest.mark.usefixtures("not_drawn")


@pytest.fixture(scope="module")
def reconstructed_once(unspoilt_tiny_world, tmp_path_factory):
    """A world beside the run in which trial 6 was reconstructed."""
    folder = tmp_path_factory.mktemp("reconstructed")
    with pytest.MonkeyPatch.context() as patch:
        cover_the_frame(patch)
        reconstruct(copy_of(unspoilt_tiny_world, folder), folder / "run", "6")
    return folder


@pytest.fixture
def reconstructed(reconstructed_once, unspoilt_tiny_world, tmp_path):
    """A copy of that world; the run is ``out``."""
    shutil.copytree(reconstructed_once, tmp_path, dirs_exist_ok=True)
    return replace(unspoilt_tiny_world, data=tmp_path / "data", encoder=tmp_path / "encoder")


def test_a_trial_folder_holds_all_that_is_known(tiny_world, quick_masks, out, monkeypatch):
    monkeypatch.setattr("reverie.runs.writing.write_watchable", write_watchable)
    scores = reconstruct(tiny_world, out, "6")
    assert sorted(path.name for path in (out / "alpha/6").iterdir()) == [
        "evidence.npz",
        "jobs.json",
        "movie.mp4",
        "movie.npz",
        "movie.tif",
        "reconstruction.json",
        "strip.png",
        "trace.csv",
    ]
    found = Reconstruction.load(out / "alpha/6")
    assert found.frames.shape == (48, 12, 16)
    assert 0 <= found.information.min() <= found.information.max() <= 1
    assert scores["trial"].tolist() == ["6"]
    assert scores["video_correlation"].iloc[0] == pytest.approx(found.score()["video_correlation"])
    assert len(list((out / "jobs").iterdir())) == 1


def test_trials_that_encoders_were_trained_on_are_told(tiny_world, quick_masks, out, capsys):
    describe_training(tiny_world, ["1", "2"], ["6"])
    reconstruct(tiny_world, out, "2", "6")
    assert "whose scores are not held out: 2." in capsys.readouterr().err


def test_the_record_names_method_joining_encoders_and_places(tiny_world, quick_masks, out):
    reconstruct(tiny_world, out, "6", joining=Joining(join="repeats"))
    record = json.loads((out / "run.json").read_text())
    settings = record["settings"]
    assert (settings["method"], settings["steps"], settings["draws"], settings["join"]) == ("map", 3, 1, "repeats")
    assert settings["trials"] == {"alpha": ["6"]}
    assert [len(name) for name in settings["encoders"]] == [16]
    assert str(tiny_world.encoder) not in json.dumps(settings)
    assert record["places"]["encoders"] == [str(tiny_world.encoder)]
    assert record["versions"]["torch"]


def test_finished_trials_are_kept_when_others_are_added(reconstructed, quick_masks, out, capsys):
    before = files_in(out / "alpha/6")
    scores = reconstruct(reconstructed, out, "6", "2")
    assert "alpha trial 6 is reconstructed already; its movie is kept" in capsys.readouterr().err
    assert files_in(out / "alpha/6") == before
    assert scores["trial"].tolist() == ["2", "6"]
    assert json.loads((out / "run.json").read_text())["settings"]["trials"] == {"alpha": ["6", "2"]}
    assert quick_masks == []


def test_a_movie_is_there_before_the_next_is_begun(tiny_world, mask, out, monkeypatch):
    there = []

    def watched(*arguments):
        there.append(len(list(out.glob("*/*/movie.mp4"))))
        perform(*arguments)

    monkeypatch.setattr("reverie.jobs.working.perform", watched)
    reconstruct(tiny_world, out, "6", "2", mask=mask)
    assert there == [0, 1]


def test_a_trial_that_cannot_be_written_keeps_no_other_from_it(tiny_world, mask, out):
    reconstruct(tiny_world, out, "6", mask=mask)
    (out / "alpha/2").write_text("in the way")
    with pytest.raises(ReverieError, match="alpha/2"):
        reconstruct(tiny_world, out, "2", "3", mask=mask)
    assert (out / "alpha/3/movie.mp4").exists()
    assert read_scores(out / "scores.csv")["trial"].tolist() == ["3", "6"]
    shutil.rmtree(out / "alpha/3")
    with pytest.raises(ReverieError, match="alpha/2"):
        reconstruct(tiny_world, out, "2", "3", mask=mask)  # from jobs that are done
    assert (out / "alpha/3/movie.mp4").exists()


def test_a_trial_is_judged_anew_inside_another_mask(tiny_world, mask, out):
    before = reconstruct(tiny_world, out, "6", mask=mask)
    small = np.zeros((12, 16))
    small[4:8, 4:12] = 1.0
    np.savez(mask, mask=small)
    after = reconstruct(tiny_world, out, "6", mask=mask)
    assert (before["pixels_scored"].item(), after["pixels_scored"].item()) == (12 * 16, 4 * 8)
    np.testing.assert_array_equal(Reconstruction.load(out / "alpha/6").mask, small)
    assert len(list((out / "jobs").iterdir())) == 1


@pytest.mark.parametrize("method", [QUICK, Paper(steps=3), Ridge()])
def test_a_trial_whose_responses_changed_is_made_anew(tiny_world, quick_masks, out, method):
    describe_training(tiny_world, ["0", "1", "2"], ["3"])
    reconstruct(tiny_world, out, "6", "4", method=method)
    kept, old = files_in(out / "alpha/4"), Reconstruction.load(out / "alpha/6")
    scale_responses(tiny_world, "6", 3.0)
    reconstruct(tiny_world, out, "6", "4", method=method)
    new = Reconstruction.load(out / "alpha/6")
    assert not np.allclose(new.frames, old.frames)
    np.testing.assert_allclose(new.responses, 3 * old.responses, rtol=1e-6)
    assert files_in(out / "alpha/4") == kept


def test_a_trial_is_made_anew_by_code_that_fits_otherwise(reconstructed, quick_masks, out, monkeypatch):
    before = files_in(out / "alpha/6")
    monkeypatch.setattr("reverie.fitted.subject.FITTING_VERSION", 999)
    reconstruct(reconstructed, out, "6")
    assert quick_masks == ["alpha"]
    assert all(written > before[name] for name, written in files_in(out / "alpha/6").items())
    assert len(list((out / "jobs").iterdir())) == 2


def test_an_encoder_that_was_replaced_needs_another_run(reconstructed, quick_masks, out):
    replace_encoder(reconstructed)
    with pytest.raises(ReverieError, match=r"made with other settings \(encoders: .*choose another --out"):
        reconstruct(reconstructed, out, "6")


@pytest.mark.parametrize("other", [replace(QUICK, steps=4), Paper(steps=3)])
def test_other_settings_need_another_run(reconstructed, quick_masks, out, other):
    with pytest.raises(ReverieError, match=r"\((steps: 3 there, 4 now|method: map there, paper now)\)"):
        reconstruct(reconstructed, out, "6", method=other)


def test_an_interrupted_trial_folder_is_completed(reconstructed, quick_masks, out):
    (out / "alpha/6/reconstruction.json").unlink()
    (out / "alpha/6/evidence.npz").unlink()
    reconstruct(reconstructed, out, "6")
    assert Reconstruction.load(out / "alpha/6").truth is not None


def test_a_trial_that_another_process_is_writing_is_left_to_it(reconstructed, quick_masks, out, capsys):
    world = reconstructed
    kept = out / "alpha/6/reconstruction.json"
    kept.unlink()
    with hold_folder(kept.parent) as mine:
        assert mine
        with pytest.raises(ReverieError, match="holds no reconstructed movie"):
            reconstruct(world, out, "6")
    assert "alpha trial 6 is being written by another process, and is left to it" in capsys.readouterr().err
    reconstruct(world, out, "6")
    assert kept.exists()


def test_an_encoder_folder_that_cannot_be_written_is_no_obstacle(tiny_world, quick_masks, out, monkeypatch):
    describe_training(tiny_world, ["1", "2"], ["4"])
    monkeypatch.setattr("reverie.fitted.fitted._writable", lambda folder: not folder.is_relative_to(tiny_world.encoder))
    before = files_in(tiny_world.encoder)
    reconstruct(tiny_world, out, "6", method=Map(steps=3))
    assert files_in(tiny_world.encoder) == before
    (place,) = (out / "fitted/alpha").iterdir()
    assert {path.name for path in place.glob("*.npz")} == {"mask.npz", "prior.npz", "likelihood.npz", "calibration.npz"}
    assert Reconstruction.load(out / "alpha/6").half_widths is not None


def test_a_library_without_h264_costs_no_movie(tiny_world, quick_masks, out, monkeypatch, capsys):
    monkeypatch.setattr("reverie.runs.writing.write_watchable", write_watchable)
    monkeypatch.setattr("reverie.reporting.video_files.CODEC", "libx999")
    assert reconstruct(tiny_world, out, "6")["trial"].tolist() == ["6"]
    assert (out / "alpha/6/movie.tif").exists()
    assert not (out / "alpha/6/movie.mp4").exists()
    assert "no libx999" in capsys.readouterr().err


def test_trials_without_responses_are_left_out_and_said(tiny_world, mask, out, capsys):
    scores = reconstruct(tiny_world, out, "7", "6", mask=mask)
    assert scores["trial"].tolist() == ["6"]
    assert "alpha: 1 trial without responses to reconstruct from: 7." in capsys.readouterr().err
    with pytest.raises(ReverieError, match="None of the trials has responses"):
        reconstruct(tiny_world, out, "7", mask=mask)


def test_an_animal_without_the_trials_asked_for_is_left_out_unless_it_is_named(tiny_world, mask, out, capsys):
    path = tiny_world.data / "beta/meta/trials/tiers.npy"
    np.save(path, np.where(np.load(path) == "oracle", "train", np.load(path)))
    scores = reconstruct(tiny_world, out, "oracle", animals=(), mask=mask)
    assert set(scores["animal"]) == {"alpha"}
    assert "Left out beta: Animal beta has no trial or tier 'oracle'" in capsys.readouterr().err
    with pytest.raises(ReverieError, match="Animal beta has no trial or tier 'oracle'"):
        reconstruct(tiny_world, out, "oracle", animals=("alpha", "beta"), mask=mask)
    with pytest.raises(ReverieError, match="No trial is named; name some, or a tier"):
        reconstruct(tiny_world, out, mask=mask)


def test_a_broken_trial_among_those_named_spoils_no_other(tiny_world, mask, out, capsys):
    (tiny_world.data / "alpha/data/videos/1.npy").write_bytes(b"")
    with pytest.raises(ReverieError, match=r"^Trial 1 of alpha cannot be used: .*1\.npy is empty"):
        reconstruct(tiny_world, out, "1", "6", mask=mask)
    assert read_scores(out / "scores.csv")["trial"].tolist() == ["6"]
    assert "Left out: Trial 1 of alpha" in capsys.readouterr().err


def test_an_animal_that_cannot_be_fitted_spoils_no_other(tiny_world, out, capsys):
    unfit = np.full((12, 16), 0.1, np.float32)
    for animal, mask in (("alpha", unfit), ("beta", np.full_like(unfit, 1.2))):
        save_mask(fitted_to(tiny_world, animal, animals=()).place("mask"), mask)
    scores = reconstruct(tiny_world, out, "6", animals=(), method=Paper(steps=2))
    assert scores["animal"].tolist() == ["beta"]
    assert "alpha is left out: The mask in" in capsys.readouterr().err
    with pytest.raises(ReverieError, match=r"^The mask in .* reaches 0\.5 at no pixel"):
        reconstruct(tiny_world, out.with_name("alone"), "6", method=Paper(steps=2))


@pytest.mark.slow
def test_other_processes_find_the_same_movies(tiny_world, mask, tmp_path, one_thread):
    for name, jobs in (("here", 1), ("there", 2)):
        reconstruct(tiny_world, tmp_path / name, "6", "2", mask=mask, jobs=jobs)
        shutil.rmtree(tiny_world.encoder / "fitted")
    for trial in ("6", "2"):
        here, there = (Reconstruction.load(tmp_path / name / "alpha" / trial) for name in ("here", "there"))
        np.testing.assert_array_equal(here.frames, there.frames)
        np.testing.assert_array_equal(here.std, there.std)


def test_calibrated_intervals_are_scored(tiny_world, quick_masks, out):
    describe_training(tiny_world, ["1", "2", "3"], ["4", "5", "6"])
    taught = [str(trial) for trial in range(1, 7)]
    scores = reconstruct(tiny_world, out, "0", *taught, method=Map()).set_index("trial")
    found = {trial: Reconstruction.load(out / f"alpha/{trial}") for trial in ("0", "6")}
    for trial, one in found.items():
        (job,) = json.loads((out / f"alpha/{trial}/jobs.json").read_text())["made"]["jobs"]
        scaled = one.std / np.load(out / "jobs" / job / "movie.npz")["std"]
        np.testing.assert_allclose(scaled, scaled.mean(), rtol=1e-4)
        assert one.half_widths[0] < one.half_widths[1] < one.half_widths[2]
        assert "6 validation and training clips" in " ".join(one.notes)
    assert "this trial among them" in " ".join(found["6"].notes)
    assert "this trial among them" not in " ".join(found["0"].notes)
    # Six clips that taught the intervals lie in them, taken together, as often as 7/6 of the level: as if a seventh lay
    # outside. One alone need not.
    held = scores.loc[taught, ["coverage_50", "coverage_80", "coverage_95"]].mean().to_numpy(float)
    np.testing.assert_allclose(held, np.minimum(np.array([0.5, 0.8, 0.95]) * 7 / 6, 1), atol=0.1)


def test_scores_are_written_as_they_are_returned(tiny_world, mask, out):
    scores = reconstruct(tiny_world, out, "6", mask=mask)
    read = pd.read_csv(out / "scores.csv", dtype={"trial": str})
    pd.testing.assert_frame_equal(read, scores, check_dtype=False)


def test_a_mask_that_cannot_be_read_is_told_once_and_before_any_fit(tiny_world, quick_masks, out, tmp_path, capsys):
    (tmp_path / "mask.npz").write_bytes(b"no mask")
    with pytest.raises(ReverieError, match=r"mask\.npz is not an \.npz archive"):
        reconstruct(tiny_world, out, "6", mask=tmp_path / "mask.npz")
    assert capsys.readouterr().err == ""
    assert not list((tiny_world.encoder / "fitted").glob("*/*/*.npz"))


@pytest.mark.parametrize("other", [Reading(frame_rate=60.0), Reading(trial_seconds=1.0)])
def test_a_run_is_not_continued_with_trials_that_are_read_otherwise(tiny_world, mask, out, other):
    """The same name may then mean another stretch of the session, and its movie would replace the first."""
    paper = Paper(steps=1)
    reconstruct(tiny_world, out, "6", method=paper, mask=mask)
    kept = files_in(out)
    with pytest.raises(ReverieError, match=r"other settings \(reading: None there, --.* now\); choose another --out"):
        reconstruct(tiny_world, out, "6", method=paper, mask=mask, reading=other)
    assert files_in(out) == kept
    reconstruct(tiny_world, out.with_name("other"), "6", method=paper, mask=mask, reading=other)
    assert json.loads((out.with_name("other") / "run.json").read_text())["settings"]["reading"].startswith("--")


def test_omissions_may_differ_within_a_run(tiny_world, mask, out):
    reconstruct(tiny_world, out, "6", method=Paper(steps=1), mask=mask)
    reconstruct(tiny_world, out, "4", method=Paper(steps=1), mask=mask, reading=Reading(leave_out=("trial:5",)))
    assert (out / "alpha/6").is_dir()
    assert (out / "alpha/4").is_dir()
