from dataclasses import replace

import numpy as np
import pytest

from reverie.decoding.convolutional import ConvolutionalSettings
from reverie.decoding.convolutional_fit import fit_convolutional
from reverie.decoding.places import places_of
from reverie.encoders.checkpoints import load_encoder, save_encoder
from reverie.execution.workers import Workers
from reverie.experiments.baselines import BASELINES, PAPER
from reverie.experiments.running import run_experiment
from reverie.reconstruction.mask import save_mask
from reverie.stimuli.naturalistic import naturalistic_movie
from reverie.workflows import decoding
from reverie.workflows.materials import Sources, open_materials
from reverie.workflows.simulating import write_simulation

FRAMES = 90


def quick_network(teaching):
    """A network that learns for a moment only: the test is of the experiment, not of the network."""
    ridge = teaching.ridge()
    places = places_of(None, ridge.population, teaching.training)
    settings = ConvolutionalSettings(maps=4, channels=4, blocks=1, steps=3, window=40)
    return fit_convolutional("one", teaching.training, teaching.validation, ridge.features, places, settings)


@pytest.fixture(scope="module")
def own_laboratory(laboratory, tmp_path_factory):
    """One animal that saw enough movies to learn a decoder from; its encoder is the truth."""
    folder, generator = tmp_path_factory.mktemp("baselines"), np.random.default_rng(8)
    tiers = {"train": 24, "oracle": 1, "live_test_main": 2}
    movies = {
        tier: [(f"{tier} {number}", naturalistic_movie(FRAMES, generator)) for number in range(count)]
        for tier, count in tiers.items()
    }
    write_simulation(folder / "data", movies, mice={"one": 240}, noise="default", seed=2)
    save_encoder(load_encoder(folder / "data/truth"), folder / "encoder")
    mask = np.zeros((36, 64), np.float32)
    mask[9:27, 19:45] = 1.2
    save_mask(folder / "encoder/masks/one.npz", mask)
    materials = open_materials(Sources(folder / "data", (folder / "encoder",)))
    return replace(laboratory, materials=materials, out=folder / "out", workers=Workers(materials), stops={})


def test_ridge_regression_finds_the_movie_in_a_fraction_of_the_time(own_laboratory, monkeypatch):
    monkeypatch.setitem(decoding.FITS, "convolutional", quick_network)
    section = run_experiment(own_laboratory, BASELINES)
    data = section.plates[0].data.groupby("condition")
    found, seconds = data["video_correlation"].mean(), data["seconds_to_run"].first()
    assert found["ridge"] > 0.3
    assert seconds["ridge"] < 0.2 * seconds[PAPER]
    assert data["seconds_to_train"].first()["ridge"] > 0
    assert "minus the paper's method" in section.sentences[0]
