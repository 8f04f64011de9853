import numpy as np
import pytest

from reverie.simulation.truth import SimulatedTruth, SimulatedTruthConfig
from reverie.stimuli.naturalistic import naturalistic_movie

MICE = {"ada": 150, "bo": 60}


@pytest.fixture(scope="session")
def truth() -> SimulatedTruth:
    return SimulatedTruth(SimulatedTruthConfig(seed=1), MICE, (36, 64)).eval()


@pytest.fixture(scope="session")
def movies() -> list[np.ndarray]:
    generator = np.random.default_rng(0)
    return [naturalistic_movie(300, generator) for _ in range(12)]
