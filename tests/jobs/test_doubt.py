"""Honest spreads through the command line, on two animals with more than one validation trial."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from reverie.cli.main import main
from reverie.encoders.checkpoints import load_encoder, save_encoder
from reverie.fitted.materials import Sources, open_materials
from reverie.foundation.files import read_npz
from reverie.inversion.mask import save_mask
from reverie.jobs.calibrating import calibrates, calibration_trials, own_calibration
from reverie.jobs.settings import ReconstructionSettings


def run(*words):
    with pytest.raises(SystemExit) as stopped:
        main([str(word) for word in words])
    assert stopped.value.code == 0


@pytest.fixture
def validated(small_world):
    """The small world with an encoder that was validated on three trials."""
    encoder, names = load_encoder(small_world.encoder), ["1", "2", "3"]
    about = {"training_trials": {"alpha": names}, "validation_trials": {"alpha": ["4", "5", "6"]}}
    save_encoder(encoder, small_world.encoder, about=about)
    save_mask(small_world.encoder / "masks/alpha.npz", np.full((36, 64), 1.2, np.float32))
    return small_world


def test_a_run_of_map_is_calibrated_on_validation_trials_and_scored(validated, tmp_path):
    out = tmp_path / "run"
    command = ("reconstruct", validated.data, validated.encoder, "--animal", "alpha", "--out", out)
    run(*command, "--trials", "0", "6", "--null")
    kept = read_npz(validated.encoder / "calibration/alpha.npz")
    assert kept["clips"].tolist() == ["4", "5", "6", "1", "2", "3"]
    found = read_npz(out / "alpha/0/movie.npz")
    assert found["evidence"].shape == (36, 64)
    assert 0 <= found["evidence"].min() <= found["evidence"].max() <= 1
    assert (np.diff(found["reaches"]) > 0).all()
    raw = read_npz(out / "alpha/0/models/0.npz")["spread"]
    np.testing.assert_allclose(found["spread"], raw * kept["factor"], rtol=1e-4)
    notes = {trial: " ".join(read_npz(out / f"alpha/{trial}/evidence.npz")["notes"]) for trial in ("0", "6")}
    assert "6 validation and training clips, each judged" in notes["0"]
    assert "this trial among them" in notes["6"]
    assert "shuffled across neurons" in notes["0"]
    scores = pd.read_csv(out / "scores.csv")
    # The trial that taught the intervals lies in them about as often as it should.
    held = scores.set_index("trial").loc[6, ["coverage_50", "coverage_80", "coverage_95"]].to_numpy(float)
    np.testing.assert_allclose(held, [0.5, 0.8, 0.95], atol=0.15)
    run("report", out)
    page = (out / "report.html").read_text()
    assert "How much the responses say" in page
    assert "50 % intervals" in page


def test_movies_are_taken_once_and_training_trials_fill_up(validated):
    encoder = validated.encoder
    materials = open_materials(Sources(validated.data, (encoder,), animals=("alpha",), device="cpu"))
    assert calibration_trials(materials, "alpha", encoder) == ["4", "5", "6", "1", "2", "3"]
    about = {"training_trials": {"alpha": ["4", "1"]}, "validation_trials": {"alpha": ["4", "4"]}}
    save_encoder(load_encoder(encoder), encoder, about=about)
    assert calibration_trials(materials, "alpha", encoder) == ["4", "1"]


def test_one_movie_teaches_nothing(validated):
    encoder = validated.encoder
    about = {"training_trials": {"alpha": ["1"]}, "validation_trials": {"alpha": ["1"]}}
    save_encoder(load_encoder(encoder), encoder, about=about)
    materials = open_materials(Sources(validated.data, (encoder,), animals=("alpha",), device="cpu"))
    assert own_calibration(materials, "alpha", encoder) is None


def test_only_the_posterior_that_was_calibrated_is():
    usual = ReconstructionSettings("map", 30, blur=0.0, draws=4)
    assert calibrates(usual)
    assert calibrates(replace(usual, follow=0))
    assert not calibrates(replace(usual, follow=1))
    assert not calibrates(ReconstructionSettings("map", 30, blur=0.0, draws=2, weight=2.0))
    assert not calibrates(ReconstructionSettings("map", 30, blur=0.0))
    assert not calibrates(ReconstructionSettings("map", 30, blur=0.0, draws=2, likelihood="sizes"))
    assert not calibrates(ReconstructionSettings("map", 30, blur=0.0, draws=2, calibrated=False))
    assert not calibrates(ReconstructionSettings("paper"))


def test_nothing_is_learned_when_that_is_not_wanted(validated, tmp_path):
    command = ("reconstruct", validated.data, validated.encoder, "--animal", "alpha", "--trials", "6")
    run(*command, "--no-calibrated", "--out", tmp_path / "run")
    assert not (validated.encoder / "calibration").exists()
    found = read_npz(tmp_path / "run/alpha/6/movie.npz")
    assert "reaches" not in found
    assert "evidence" in found
    assert "not calibrated" in " ".join(read_npz(tmp_path / "run/alpha/6/evidence.npz")["notes"])
