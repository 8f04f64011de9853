import numpy as np
import pytest
import torch
from tests.worlds import looking

from reverie.simulation.kinds import find_kind
from reverie.simulation.mouse import SimulatedMouse, schedule
from reverie.simulation.retina import RetinalTruth, RetinalTruthConfig

SIZE = (16, 24)


@pytest.fixture(scope="module")
def retina() -> RetinalTruth:
    return RetinalTruth(RetinalTruthConfig(seed=2), {"a": 120}, SIZE)


def test_white_noise_finds_centres_with_weak_opposite_surrounds(retina: RetinalTruth):
    noise = torch.from_numpy(np.random.default_rng(0).choice([0.0, 255.0], (1, 1500, *SIZE)).astype(np.float32))
    with torch.no_grad():
        rates = retina(noise, looking(1500), "a")[0]
    signs = (noise[0].flatten(1) - 127.5) / 127.5
    average = torch.stack([(rates[:, 20:] - rates.mean(1, keepdim=True)) @ signs[20 - d : 1500 - d] for d in (1, 2, 3)])
    best = average.abs().amax(dim=0).argmax(dim=1)
    rows, columns = np.divmod(best.numpy(), SIZE[1])
    centres = retina.animal("a").get_buffer("centres").numpy()
    assert np.median(np.hypot(rows - centres[:, 0], columns - centres[:, 1])) < 1.5
    filters = retina.animal("a").get_buffer("filters").T.reshape(120, -1).numpy()
    balance = filters.sum(axis=1) / np.abs(filters).sum(axis=1)
    assert 0.3 < (balance > 0).mean() < 0.7
    assert 0.2 < np.median(np.abs(balance)) < 0.8


def test_behaviour_changes_nothing(retina: RetinalTruth):
    movie = 255 * torch.rand(1, 30, *SIZE, generator=torch.Generator().manual_seed(0))
    running = looking(30) + torch.tensor([20.0, 15.0, 10.0, -10.0])[:, None]
    np.testing.assert_array_equal(retina(movie, looking(30), "a"), retina(movie, running, "a"))


def test_responses_are_numbers_of_spikes(retina: RetinalTruth):
    movie = np.random.default_rng(0).choice([0.0, 255.0], (300, *SIZE)).astype(np.float32)
    shows = schedule({"train": [("a", movie)]})
    responses = SimulatedMouse(retina, "a", shows, noise=find_kind("retina").noise).trial("0").responses
    np.testing.assert_array_equal(responses, np.round(responses))
    assert 0.05 < responses.mean() < 1.5
