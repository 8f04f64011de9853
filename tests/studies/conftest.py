"""Two small simulated animals whose truth is known; one folder of finished jobs for all experiments."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from reverie.fitted.assuming import own_noise, own_prior
from reverie.fitted.materials import Sources, open_materials
from reverie.inversion.linear.convolutional import ConvolutionalSettings
from reverie.inversion.linear.convolutional_fit import fit_convolutional
from reverie.inversion.linear.places import places_of

from reverie.encoders.checkpoints import load_encoder, save_encoder
from reverie.fitted import decoding
from reverie.foundation.devices import prepare_threads
from reverie.inversion.mask import save_mask
from reverie.inversion.methods.best import BestDecoder
from reverie.jobs.engine import Workers
from reverie.simulation.folder import TRUTH, write_simulation
from reverie.simulation.simulate import simulate
from reverie.stimuli.naturalistic import SceneSettings, naturalistic_movie
from reverie.studies.choosing import Scale
from reverie.studies.setup import Setup

FRAMES = 90
SCALE = Scale(
    "test", clips=1, stride=32, stops=(30,), validation=1, shares=(1.0, 0.25), thresholds=(0.5, 1.0), probes=3
)


def make_animals(folder: Path) -> Sources:
    """Write animals `left` and `right`, and two encoders: the truth with slightly wrong filters, each its own way."""
    generator = np.random.default_rng(5)
    shots = SceneSettings(shot_seconds=(1.2, 1.6))
    tiers = {"train": 2, "oracle": 1, "live_test_main": 1}
    movies = {
        tier: [(f"{tier} {number}", naturalistic_movie(FRAMES, generator, settings=shots)) for number in range(count)]
        for tier, count in tiers.items()
    }
    data = folder / "data"
    truth = simulate(data, movies, mice={"left": 400, "right": 400}, seed=2)
    save_encoder(truth, data / TRUTH, about={"simulated": True})
    mask = np.zeros((36, 64), np.float32)
    mask[6:30, 14:50] = 0.8
    mask[9:27, 19:45] = 1.2
    encoders = []
    for seed in range(2):
        encoder = load_encoder(data / TRUTH)
        torch.manual_seed(seed)
        for name, array in encoder.named_buffers():
            if name.endswith("filters"):
                array += 1.5 * array.std() * torch.randn_like(array) * (array.abs() > 0.1 * array.abs().max())
        encoders.append(folder / f"encoder{seed}")
        save_encoder(encoder, encoders[-1])
        for animal in ("left", "right"):
            save_mask(encoders[-1] / "masks" / f"{animal}.npz", mask)
    return Sources(data, tuple(encoders))


@pytest.fixture(scope="session")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Sources:
    return make_animals(tmp_path_factory.mktemp("animals"))


@pytest.fixture(scope="session")
def setup(sources: Sources, tmp_path_factory: pytest.TempPathFactory) -> Setup:
    """Jobs are done in this process and kept for whoever needs them next."""
    prepare_threads()
    materials = open_materials(sources)
    return Setup(materials, SCALE, tmp_path_factory.mktemp("experiments"), Workers(materials))


def quick_network(teaching):
    """A network that learns for a moment only: the tests are of experiments, not of the network."""
    ridge = teaching.ridge()
    places = places_of(None, ridge.population, teaching.training)
    settings = ConvolutionalSettings(maps=4, channels=4, blocks=1, steps=3, window=40)
    return fit_convolutional(
        teaching.recording.name, teaching.training, teaching.validation, ridge.features, places, settings
    )


def unadapted_best(teaching):
    """The best decoder without the adaptation of its encoder, which the truth cannot go through."""
    ridge, prior = teaching.ridge(), own_prior(teaching.recording, teaching.folder)
    noise = own_noise(teaching.recording, teaching.encoder, teaching.folder)
    ridge = replace(ridge, features=replace(ridge.features, power=1.0))
    return BestDecoder(ridge.population, ridge, teaching.encoder, prior, noise, 0.5)


@pytest.fixture(scope="session")
def taught_animals(setup: Setup, tmp_path_factory: pytest.TempPathFactory) -> Setup:
    """Two animals that saw enough movies to learn decoders from, test movies twice; the encoder is the truth."""
    folder, generator = tmp_path_factory.mktemp("taught"), np.random.default_rng(8)
    tiers = {"train": 24, "oracle": 1, "live_test_main": 2}
    movies = {
        tier: [(f"{tier} {number}", naturalistic_movie(FRAMES, generator)) for number in range(count)]
        for tier, count in tiers.items()
    }
    mice, repeats = {"one": 240, "two": 240}, {"live_test_main": 2}
    write_simulation(folder / "data", movies, mice=mice, seed=2, repeats=repeats)
    save_encoder(load_encoder(folder / "data/truth"), folder / "encoder")
    mask = np.zeros((36, 64), np.float32)
    mask[9:27, 19:45] = 1.2
    for animal in mice:
        save_mask(folder / "encoder/masks" / f"{animal}.npz", mask)
    materials = open_materials(Sources(folder / "data", (folder / "encoder",)))
    return replace(setup, materials=materials, out=folder / "out", workers=Workers(materials), stops={})


@pytest.fixture(scope="module")
def taught(taught_animals: Setup) -> Iterator[Setup]:
    """The animals that saw enough, with decoders that are fitted quickly, for the tests of one module and no others."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(decoding.FITS, "convolutional", quick_network)
        patch.setitem(decoding.FITS, "best", unadapted_best)
        yield taught_animals
