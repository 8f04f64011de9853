"""A small simulated animal whose truth is the encoder."""

from pathlib import Path

import numpy as np
import pytest

from reverie.encoders.checkpoints import save_encoder
from reverie.reconstruction.mask import save_mask
from reverie.simulation.simulate import simulate
from reverie.stimuli.naturalistic import naturalistic_movie
from reverie.workflows.materials import Materials, Sources, open_materials

SIZE, FRAMES = (16, 24), 60


@pytest.fixture(scope="session")
def materials(tmp_path_factory: pytest.TempPathFactory) -> Materials:
    """`mouse`, 250 neurons, 16 x 24 pixels; ten training and four validation movies of 60 frames."""
    folder: Path = tmp_path_factory.mktemp("animal")
    generator = np.random.default_rng(3)
    tiers = {"train": 10, "oracle": 4}
    movies = {
        tier: [(f"{tier} {number}", naturalistic_movie(FRAMES, generator, frame_size=SIZE)) for number in range(count)]
        for tier, count in tiers.items()
    }
    truth = simulate(folder / "data", movies, mice={"mouse": 250}, noise="default", seed=4)
    save_encoder(truth, folder / "data/truth", about={"simulated": True, "noise": "default"})
    save_encoder(truth, folder / "encoder")
    save_mask(folder / "encoder/masks/mouse.npz", np.full(SIZE, 1.2, np.float32))
    return open_materials(Sources(folder / "data", (folder / "encoder",), device="cpu"))
