import json

import numpy as np
import pandas as pd
import pytest
import torch

from reverie.cli.main import main
from reverie.encoders.checkpoints import load_encoder
from reverie.fitted.assuming import own_assumptions, own_noise
from reverie.foundation.errors import ReverieError
from reverie.inversion.fidelity import poisson
from reverie.inversion.problem import Observation, Problem
from reverie.recordings.readers.sensorium import open_recordings


def run(*words):
    with pytest.raises(SystemExit) as stopped:
        main([str(word) for word in words])
    assert stopped.value.code == 0


def test_map_leaves_a_run_folder_like_any_other_and_settles_by_itself(small_world, tmp_path):
    world = small_world
    np.savez(tmp_path / "mask.npz", mask=np.full((36, 64), 1.2))
    options = ("--method", "map", "--mask", tmp_path / "mask.npz", "--out", tmp_path / "run")
    run("reconstruct", world.data, world.encoder, "--animal", "alpha", "--trials", "6", *options)
    saved = np.load(tmp_path / "run/alpha/6/movie.npz")["movie"]
    assert saved.shape == (64, 36, 64)
    assert saved.std() > 0
    made = json.loads((tmp_path / "run/run.json").read_text())["settings"]
    assert (made["method"], made["steps"], made["blur"]) == ("map", 60, 0.0)
    assert made["draws"] > 0
    notes = np.load(tmp_path / "run/alpha/6/evidence.npz")["notes"]
    assert any("judged by what the others taught" in note for note in notes)
    trace = pd.read_csv(tmp_path / "run/alpha/6/trace.csv")
    assert len(trace) < 60
    assert trace["loss"].is_monotonic_decreasing
    assert (world.encoder / "priors/alpha.npz").exists()
    assert (world.encoder / "noise/alpha.npz").exists()
    assert not (world.encoder / "priors/beta.npz").exists()


def test_models_that_share_a_trial_s_responses_count_them_once(small_world):
    recording, encoder = open_recordings(small_world.data)["alpha"], load_encoder(small_world.encoder)
    trial = recording.trial("6")
    observation = Observation(encoder, "alpha", torch.tensor(trial.state), torch.tensor(trial.responses))
    assumed = own_assumptions(recording, {small_world.encoder: encoder})
    mask = np.ones((36, 64), np.float32)
    single, both = (
        assumed.applied_to(Problem((observation,) * count, mask, poisson), [small_world.encoder] * count).observations
        for count in (1, 2)
    )
    for each in both:
        torch.testing.assert_close(each.noise.dispersion, 2 * single[0].noise.dispersion)


def test_a_noise_of_another_population_is_refused(small_world):
    path = small_world.encoder / "noise/alpha.npz"
    path.parent.mkdir()
    np.savez(path, dispersion=np.ones(3, np.float32))
    recording = open_recordings(small_world.data)["alpha"]
    with pytest.raises(ReverieError, match="not of 20 neurons"):
        own_noise(recording, load_encoder(small_world.encoder), small_world.encoder)
