import numpy as np
import pytest
import torch

from reverie.simulation.neuropil import Neuropil


@pytest.fixture(scope="module")
def places() -> np.ndarray:
    generator = np.random.default_rng(0)
    return np.concatenate([generator.uniform(0, 900, (300, 2)), generator.uniform(150, 400, (300, 1))], axis=1)


def test_what_leaks_is_the_share_of_activity_around(places: np.ndarray):
    tissue, means = Neuropil(0.2, places), torch.linspace(1, 3, 300)[:, None]
    np.testing.assert_allclose(tissue(means[None].expand(1, 300, 5), means)[0], (0.2 * means).expand(300, 5), rtol=1e-4)


def test_it_comes_from_near_and_not_from_far(places: np.ndarray):
    tissue, means = Neuropil(0.2, places), torch.ones(300, 1)
    active = torch.zeros(1, 300, 1)
    active[0, 7] = 300.0
    leaked = tissue(active, means)[0, :, 0].numpy()
    distance = np.linalg.norm(places[:, :2] - places[7, :2], axis=1)
    assert leaked[distance < 100].min() > 10 * leaked[distance > 700].max()
