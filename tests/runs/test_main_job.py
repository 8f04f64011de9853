"""The main job through the command line: every verb, on a folder somebody else might have written."""

import json

import numpy as np
import pandas as pd
import pytest

from reverie.cli.main import main
from reverie.foundation.files import read_npz
from reverie.recordings.readers.sensorium import open_recordings


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


def test_from_mask_to_report(small_world, tmp_path):
    world, out = small_world, tmp_path / "run"
    run("mask", world.data, world.encoder, "--animals", "alpha", "--steps", "8")
    mask = world.encoder / "masks" / "alpha.npz"
    assert read_npz(mask)["mask"].shape == (36, 64)
    np.savez(tmp_path / "mine.npz", mask=np.full((36, 64), 1.2))
    command = ("reconstruct", world.data, world.encoder, "--animal", "alpha", "--trials", "6", "1")
    options = ("--method", "paper", "--steps", "4", "--blur", "0.5", "--mask", tmp_path / "mine.npz", "--out", out)
    options += ("--without", "correct_momentum_twice")
    run(*command, *options)
    saved = read_npz(out / "alpha" / "6" / "movie.npz")
    assert saved["movie"].shape == (64, 36, 64)
    assert saved["movie"].dtype == np.float32
    assert saved["movie"].min() >= 0
    assert saved["movie"].max() <= 255
    assert saved["movie"].std() > 0
    trace = pd.read_csv(out / "alpha" / "6" / "trace.csv")
    assert trace["step"].tolist() == [1, 2, 3, 4]
    assert trace["passes"].is_monotonic_increasing
    made = json.loads((out / "run.json").read_text())
    assert made["settings"]["solver"]["padding_grey"] is True
    assert made["settings"]["solver"]["correct_momentum_twice"] is False
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


def test_several_encoders_average_their_movies(small_world, tmp_path):
    world = small_world
    np.savez(tmp_path / "mask.npz", mask=np.full((36, 64), 1.2))
    twin = tmp_path / "twin"
    world.encoder.rename(twin)
    world.encoder.mkdir()
    for path in twin.iterdir():
        (world.encoder / path.name).write_bytes(path.read_bytes())
    common = (
        "--method",
        "paper",
        "--animal",
        "beta",
        "--trials",
        "2",
        "--steps",
        "4",
        "--blur",
        "0",
        "--mask",
        tmp_path / "mask.npz",
    )
    run("reconstruct", world.data, world.encoder, *common, "--out", tmp_path / "one")
    run("reconstruct", world.data, world.encoder, twin, *common, "--out", tmp_path / "two")
    run("reconstruct", world.data, world.encoder, twin, *common, "--combine", "gradients", "--out", tmp_path / "both")
    one, two, both = (read_npz(tmp_path / name / "beta/2/movie.npz")["movie"] for name in ("one", "two", "both"))
    assert np.allclose(one, two, atol=1e-3)
    assert np.allclose(one, both, atol=1e-2)
    assert pd.read_csv(tmp_path / "two/beta/2/trace.csv")["model"].tolist() == [0, 0, 0, 0, 1, 1, 1, 1]


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


def test_train_with_nothing_but_defaults_then_use_the_encoder(small_world, tmp_path, capsys):
    world, out = small_world, tmp_path / "trained"
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
    np.savez(tmp_path / "mask.npz", mask=np.full((36, 64), 1.2))
    options = ("--mask", tmp_path / "mask.npz", "--steps", "3", "--out", tmp_path / "run")
    run("reconstruct", world.data, out, "--animal", "alpha", "--trials", "1", *options)
    run("report", tmp_path / "run")
    assert "training trials of trained" in (tmp_path / "run/report.html").read_text()


def test_the_published_container_becomes_an_encoder(golden, tmp_path):
    run("import-weights", golden.checkpoint, "--animals", "first", "second", "--out", tmp_path / "encoder")
    described = json.loads((tmp_path / "encoder/encoder.json").read_text())
    assert described["architecture"] == "dwiseneuro"
    assert described["mice"] == {"first": 37, "second": 41}
    assert (tmp_path / "encoder/weights.safetensors").exists()


def test_what_an_interrupted_simulation_left_is_made_anew(tmp_path):
    left = tmp_path / ".data.partial" / "mouse1"
    left.mkdir(parents=True)
    (left / "half").touch()
    sizes = ("--animals", "1", "--neurons", "5", "--train", "1", "--oracle", "1", "--test", "0", "--frames", "40")
    run("simulate", "--out", tmp_path / "data", *sizes)
    assert sorted(path.name for path in (tmp_path / "data").iterdir()) == ["mouse1", "truth"]
    assert not left.exists()
