"""The main job through the command line: every verb, on a folder somebody else might have written."""

import json

import numpy as np
import pandas as pd
import pytest
from tests.worlds import describe_training, fitted_to

from reverie.cli.main import main
from reverie.fitted.parts import parts_for
from reverie.foundation.files import read_npz
from reverie.inversion.methods.registry import DEFAULT
from reverie.recordings.readers.registry import open_recordings


def run(*words):
    with pytest.raises(SystemExit) as stopped:
        main([str(word) for word in words])
    assert stopped.value.code == 0


def test_predict_writes_rates_of_one_and_of_several_trials(unspoilt_world, tmp_path):
    world, out = unspoilt_world, tmp_path / "rates.npz"
    run("predict", world.data, world.encoder, "--animal", "alp", "--trials", "3", "--out", out)
    one = read_npz(out)["rates"]
    assert one.shape == (20, 64)
    assert one.dtype == np.float32
    run("predict", world.data, world.encoder, "--animal", "alpha", "--trials", "oracle", "3", "--out", out)
    several = read_npz(out)
    assert several["trials"].tolist() == ["6", "3"]
    assert np.array_equal(several["rates"][1], one)


def test_rates_take_the_place_of_rates_only(unspoilt_world, tmp_path, capsys):
    own = tmp_path / "responses.npy"
    np.save(own, np.ones(3))
    words = ["predict", unspoilt_world.data, unspoilt_world.encoder, "--animal", "alpha", "--trials", "3", "--out", own]
    with pytest.raises(SystemExit) as stopped:
        main([str(word) for word in words])
    assert stopped.value.code == 1
    assert "exists already and is of another kind" in " ".join(capsys.readouterr().err.split())
    assert np.load(own).sum() == 3


def test_from_fitting_to_report(tiny_world, tmp_path, quick_masks, capsys):
    world, out = tiny_world, tmp_path / "run"
    run("fit", world.data, world.encoder, "--animals", "alpha", "--parts", "mask", "prior")
    (fitted,) = (world.encoder / "fitted/alpha").iterdir()
    assert {path.name for path in fitted.iterdir()} == {"fitted.json", "mask.npz", "prior.npz"}
    assert read_npz(fitted / "mask.npz")["mask"].shape == (12, 16)
    command = ("reconstruct", world.data, world.encoder, "--animal", "alpha", "--trials", "6", "1")
    options = ("--method", "paper", "--steps", "4", "--blur", "0.5", "--no-correct-momentum-twice", "--out", out)
    run(*command, *options)
    assert quick_masks == ["alpha"]
    saved = read_npz(out / "alpha" / "6" / "movie.npz")
    assert saved["frames"].shape == (48, 12, 16)
    assert saved["frames"].dtype == np.float32
    assert saved["frames"].min() >= 0
    assert saved["frames"].max() <= 255
    assert saved["frames"].std() > 0
    trace = pd.read_csv(out / "alpha" / "6" / "trace.csv")
    assert trace["step"].tolist() == [1, 2, 3, 4]
    assert trace["passes"].is_monotonic_increasing
    made = json.loads((out / "run.json").read_text())
    assert made["settings"]["padding_grey"] is True
    assert made["settings"]["correct_momentum_twice"] is False
    assert made["versions"]["torch"]
    scores = pd.read_csv(out / "scores.csv", dtype={"trial": str})
    assert scores[["animal", "trial", "method"]].to_numpy().tolist() == [
        ["alpha", "1", "paper"],
        ["alpha", "6", "paper"],
    ]
    before = (out / "alpha" / "6" / "movie.npz").stat().st_mtime_ns
    run(*command, *options)
    assert (out / "alpha" / "6" / "movie.npz").stat().st_mtime_ns == before
    run("evaluate", out)
    run("report", out)
    assert "alpha" in (out / "report.html").read_text()


def test_the_default_method_settles_by_itself_and_says_how_sure_it_is(tiny_world, tmp_path, quick_masks):
    world, out = tiny_world, tmp_path / "run"
    describe_training(world, ["1", "2"], ["6"])
    run("reconstruct", world.data, world.encoder, "--animal", "alpha", "--trials", "0", "--jobs", "1", "--out", out)
    made = json.loads((out / "run.json").read_text())["settings"]
    assert (made["method"], made["map_share"], made["blur"], made["calibrated"]) == ("combined", None, 0.0, True)
    saved = read_npz(out / "alpha/0/movie.npz")
    assert saved["frames"].shape == saved["std"].shape == (48, 12, 16)
    assert (saved["std"] > 0).all()
    assert saved["half_widths"].shape == (3,)
    told = json.loads((out / "alpha/0/reconstruction.json").read_text())
    assert "when it was left out" in " ".join(told["notes"])
    trace = pd.read_csv(out / "alpha/0/trace.csv")
    assert len(trace) < 60
    assert trace["loss"].is_monotonic_decreasing
    run("report", out)
    page = (out / "report.html").read_text()
    assert "How much the responses say" in page
    assert "50 % intervals" in page


def test_after_fitting_the_default_method_lacks_nothing(tiny_world, quick_masks, tmp_path, capsys):
    world = tiny_world
    describe_training(world, ["1", "2"], ["6"])
    run("fit", world.data, world.encoder, "--animals", "alpha")
    assert fitted_to(world).missing(parts_for(DEFAULT())) == []
    capsys.readouterr()
    run("reconstruct", world.data, world.encoder, "--animal", "alpha", "--trials", "0", "--out", tmp_path / "run")
    assert "Fitting" not in capsys.readouterr().err


def test_an_option_of_another_method_is_one_sentence(unspoilt_world, tmp_path, capsys):
    words = ["reconstruct", unspoilt_world.data, unspoilt_world.encoder, "--trials", "6", "--out", tmp_path / "run"]
    with pytest.raises(SystemExit) as stopped:
        main([str(word) for word in [*words, "--stride", "8"]])
    assert stopped.value.code == 1
    assert capsys.readouterr().err == (
        "reverie: The method `combined` has no setting `stride`; it belongs to `paper`.\n"
    )
    assert not (tmp_path / "run").exists()


def test_simulated_recordings_are_read_like_any_other(tmp_path, capsys):
    sizes = ("--animals", "1", "--neurons", "30", "--train", "3", "--oracle", "1", "--test", "1", "--frames", "60")
    run("simulate", "--out", tmp_path / "data", *sizes, "--seed", "4")
    run("inspect", tmp_path / "data")
    told = capsys.readouterr().out
    assert "mouse1" in told
    assert "train 3" in told
    recording = open_recordings(tmp_path / "data")["mouse1"]
    assert recording.neurons == 30
    run("predict", tmp_path / "data", tmp_path / "data/truth", "--trials", "0", "--out", tmp_path / "rates.npz")
    assert read_npz(tmp_path / "rates.npz")["rates"].shape == (30, 60)


def test_train_with_nothing_but_defaults_then_use_the_encoder(tiny_world, tmp_path, capsys):
    world, out = tiny_world, tmp_path / "trained"
    run("train", world.data, "--out", out, "--steps", "6")
    described = json.loads((out / "encoder.json").read_text())
    assert described["architecture"] == "compact"
    assert described["mice"] == {"alpha": 20, "beta": 15}
    assert described["about"]["validation_trials"]["alpha"] == ["6"]
    weights = (out / "weights.safetensors").read_bytes()
    capsys.readouterr()
    run("train", world.data, "--out", out, "--steps", "6")
    assert "trained already" in capsys.readouterr().err
    assert (out / "weights.safetensors").read_bytes() == weights
    with pytest.raises(SystemExit) as stopped:
        main(["train", str(world.data), "--out", str(out), "--steps", "7"])
    assert stopped.value.code == 1
    assert "steps: 6 there, 7 now" in capsys.readouterr().err
    for other, said in (("--frame-rate 60", "at 30 per second"), ("--frame-size 6 8", "frames of 12 x 16 pixels")):
        with pytest.raises(SystemExit):
            main(["train", str(world.data), "--out", str(out), "--steps", "6", *other.split()])
        assert said in " ".join(capsys.readouterr().err.split())
    np.savez(tmp_path / "mask.npz", mask=np.full((12, 16), 1.2))
    options = ("--mask", tmp_path / "mask.npz", "--method", "paper", "--steps", "3", "--out", tmp_path / "run")
    run("reconstruct", world.data, out, "--animal", "alpha", "--trials", "1", *options)
    run("report", tmp_path / "run")
    assert "training trials of trained" in (tmp_path / "run/report.html").read_text()


def test_the_published_container_becomes_an_encoder(golden, tmp_path):
    run("import-weights", golden.checkpoint, "--animals", "first", "second", "--out", tmp_path / "encoder")
    described = json.loads((tmp_path / "encoder/encoder.json").read_text())
    assert described["architecture"] == "dwiseneuro"
    assert described["mice"] == {"first": 37, "second": 41}
    assert (tmp_path / "encoder/weights.safetensors").exists()
