"""The ridge decoder through the command line: fitted once beside the encoder, then used like any other method."""

import json
from functools import partial

import numpy as np
import pandas as pd
import pytest

from reverie.cli.main import main
from reverie.fitted import decoding
from reverie.inversion.linear.ridge import RidgeSettings
from reverie.inversion.linear.ridge_fit import fit_ridge
from reverie.inversion.methods import best


def run(*words, code=0):
    with pytest.raises(SystemExit) as stopped:
        main([str(word) for word in words])
    assert stopped.value.code == code


@pytest.fixture
def command(small_world, tmp_path):
    np.savez(tmp_path / "mask.npz", mask=np.full((36, 64), 1.2))
    fixed = ("--mask", tmp_path / "mask.npz", "--method", "ridge", "--out", tmp_path / "run")
    return ("reconstruct", small_world.data, small_world.encoder, "--animal", "alpha", *fixed)


def test_decode_score_and_report(small_world, tmp_path, command, capsys):
    run(*command, "--trials", "oracle")
    movie = np.load(tmp_path / "run/alpha/6/movie.npz")["movie"]
    assert movie.shape == (64, 36, 64)
    folder = small_world.encoder / "decoders/alpha/ridge"
    described = json.loads((folder / "decoder.json").read_text())
    assert described["about"]["training_trials"] == ["0", "1", "2", "3", "4", "5"]
    scores = pd.read_csv(tmp_path / "run/scores.csv")
    assert scores["method"].tolist() == ["ridge"]
    assert np.isfinite(scores["video_correlation"]).all()
    run("report", tmp_path / "run")
    assert "ridge" in (tmp_path / "run/report.html").read_text()
    weights = (folder / "weights.safetensors").stat().st_mtime_ns
    capsys.readouterr()
    run(*command, "--trials", "oracle", "1")
    assert "Fitting" not in capsys.readouterr().err
    assert (folder / "weights.safetensors").stat().st_mtime_ns == weights


def test_a_decoder_of_other_trials_is_fitted_anew(small_world, command, capsys):
    run(*command, "--trials", "oracle")
    path = small_world.encoder / "decoders/alpha/ridge/decoder.json"
    described = json.loads(path.read_text())
    described["about"]["training_trials"] = ["0"]
    path.write_text(json.dumps(described))
    capsys.readouterr()
    run(*command, "--trials", "oracle", "2")
    assert "Fitting the ridge decoder of alpha to 6" in capsys.readouterr().err


def test_the_best_method_keeps_what_it_is_made_of_and_repeats_itself(small_world, tmp_path, command):
    words = [*command, "--trials", "oracle"]
    words[words.index("ridge")] = "best"
    run(*words)
    described = json.loads((small_world.encoder / "decoders/alpha/best/decoder.json").read_text())
    assert 0 <= described["config"]["share"] <= 1
    assert (small_world.encoder / "decoders/alpha/ridge/decoder.json").exists()
    words[words.index(tmp_path / "run")] = tmp_path / "again"
    run(*words)
    first, second = (np.load(tmp_path / name / "alpha/6/movie.npz")["movie"] for name in ("run", "again"))
    assert np.array_equal(first, second)
    assert pd.read_csv(tmp_path / "run/alpha/6/trace.csv")["seconds"].iloc[0] > 0


def test_a_trial_without_responses_is_named(command, capsys):
    run(*command, "--trials", "7", code=1)
    assert "has no responses" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("learn_from", "power", "expected"), [("sizes", 0.0, True), ("events", 0.0, False), ("events", 0.5, True)]
)
def test_an_encoder_is_adapted_unless_it_predicts_what_ridge_reads(
    small_world, command, monkeypatch, learn_from, power, expected
):
    path = small_world.encoder / "encoder.json"
    described = json.loads(path.read_text())
    described["about"] = {"training_settings": {"learn_from": learn_from}}
    path.write_text(json.dumps(described))
    adapted = []
    monkeypatch.setattr(best, "adapt", lambda encoder, *others: adapted.append(others) or encoder)
    monkeypatch.setattr(decoding, "fit_ridge", partial(fit_ridge, settings=RidgeSettings(powers=(power,))))
    words = [*command, "--trials", "oracle"]
    words[words.index("ridge")] = "best"
    run(*words)
    decoder = json.loads((small_world.encoder / "decoders/alpha/best/decoder.json").read_text())
    assert decoder["config"]["ridge"]["power"] == power
    assert decoder["config"]["solver"]["find_cuts"]
    assert bool(adapted) == expected
