"""Two small simulated animals whose truth is known; one folder of finished jobs for all experiments."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.sharing import own_copy
from tests.worlds import bright_movies

from reverie.encoders.checkpoints import load_encoder, save_encoder
from reverie.fitted.session import Session, Sources, open_session
from reverie.foundation.devices import prepare_threads
from reverie.inversion.mask import save_mask
from reverie.jobs.workers import Workers
from reverie.simulation.folder import TRUTH, Simulation, simulate, write_simulation
from reverie.stimuli.naturalistic import naturalistic_movie
from reverie.studies.choosing import Scale
from reverie.studies.setup import Setup

TIERS = {"train": 2, "oracle": 1, "live_test_main": 2}
"""Movies that the two animals see."""

SMALL, FRAMES = (18, 32), 60
"""Frame size, and frames of a clip."""

SCALE = Scale(
    "test", clips=1, stride=32, stops=(30,), validation=1, shares=(1.0, 0.25), thresholds=(0.5, 1.0), probes=3
)


def make_animals(folder: Path, frame_size: tuple[int, int], frames: int = FRAMES) -> Sources:
    """Write animals `left` and `right`, and two encoders: the truth with slightly wrong filters, each its own way."""
    movies = bright_movies(TIERS, frames, frame_size, seed=5)
    data = folder / "data"
    truth = simulate(data, Simulation(movies, mice={"left": 400, "right": 400}, seed=2))
    save_encoder(truth, data / TRUTH, about={"simulated": True})
    for seed in range(2):
        encoder = load_encoder(data / TRUTH)
        torch.manual_seed(seed)
        for name, array in encoder.named_buffers():
            if name.endswith("filters"):
                array += 1.5 * array.std() * torch.randn_like(array) * (array.abs() > 0.1 * array.abs().max())
        save_encoder(encoder, folder / f"encoder{seed}")
    sources = sources_in(folder)
    keep_mask(open_session(sources), central_mask(frame_size))
    return sources


def sources_in(folder: Path) -> Sources:
    """Return what ``make_animals`` wrote into a folder."""
    return Sources(folder / "data", (folder / "encoder0", folder / "encoder1"), device="cpu")


def central_mask(frame_size: tuple[int, int]) -> np.ndarray:
    """Return a mask that is 1.2 in the middle of the frame, 0.8 around that and 0 at the borders."""
    mask = np.zeros(frame_size, np.float32)
    for shares, alpha in (((0.17, 0.22), 0.8), ((0.25, 0.3), 1.2)):
        rows, columns = (round(share * length) for share, length in zip(shares, frame_size, strict=True))
        mask[rows:-rows, columns:-columns] = alpha
    return mask


def keep_mask(session: Session, mask: np.ndarray) -> None:
    """Keep one mask for all animals and encoders, the truth too, so that none is fitted, which takes long."""
    for animal in session.recordings:
        for folder in filter(None, (*session.encoders, session.truth_folder)):
            save_mask(session.fitted(animal, folder).place("mask"), mask)


@pytest.fixture(scope="session")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Sources:
    return sources_in(own_copy(tmp_path_factory, "animals", partial(make_animals, frame_size=SMALL)))


@pytest.fixture(scope="session")
def other_sources(tmp_path_factory: pytest.TempPathFactory) -> Sources:
    """The same in a folder of its own, where nothing is fitted or done yet."""
    return sources_in(own_copy(tmp_path_factory, "animals", partial(make_animals, frame_size=SMALL)))


@pytest.fixture(scope="session")
def setup(sources: Sources, tmp_path_factory: pytest.TempPathFactory) -> Setup:
    """Jobs are done in this process and kept for whoever needs them next."""
    prepare_threads()
    session = open_session(sources)
    return Setup(session, SCALE, tmp_path_factory.mktemp("experiments"), Workers(session))


@pytest.fixture(scope="session")
def taught(setup: Setup, tmp_path_factory: pytest.TempPathFactory) -> Setup:
    """Two animals that saw enough movies to learn decoders from, test movies twice; the encoder is the truth."""
    folder = own_copy(tmp_path_factory, "taught", make_taught_animals)
    session = open_session(Sources(folder / "data", (folder / "encoder",), device="cpu"))
    keep_mask(session, central_mask(SMALL))
    return replace(setup, session=session, out=folder / "out", workers=Workers(session), stops={})


def make_taught_animals(folder: Path) -> None:
    """Write the animals of ``taught`` and their encoder."""
    generator = np.random.default_rng(8)
    tiers = {"train": 24, "oracle": 1, "live_test_main": 2}
    movies = {
        tier: [(f"{tier} {number}", naturalistic_movie(FRAMES, generator, frame_size=SMALL)) for number in range(count)]
        for tier, count in tiers.items()
    }
    mice, repeats = {"one": 240, "two": 240}, {"live_test_main": 2}
    write_simulation(folder / "data", Simulation(movies, mice=mice, seed=2, repeats=repeats))
    save_encoder(load_encoder(folder / "data/truth"), folder / "encoder")
