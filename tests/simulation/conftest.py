import numpy as np
import pytest

from reverie.simulation.truth import SimulatedTruth, SimulatedTruthConfig

MICE = {"ada": 150, "bo": 60}


@pytest.fixture(scope="session")
def truth() -> SimulatedTruth:
    return SimulatedTruth(SimulatedTruthConfig(seed=1), MICE, (36, 64)).eval()


@pytest.fixture(scope="session")
def movies(natural_movies: np.ndarray) -> list[np.ndarray]:
    return list(natural_movies[:12])
