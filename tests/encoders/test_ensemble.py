import numpy as np
import pytest
import torch

from reverie.encoders.dwiseneuro import DwiseNeuro, DwiseNeuroConfig
from reverie.encoders.ensemble import Ensemble
from reverie.encoders.linear_nonlinear import LinearNonlinear, LinearNonlinearConfig
from reverie.encoders.prediction import predict
from reverie.foundation.errors import ReverieError


def dwiseneuro(seed, mice=None, frame_size=(10, 16), canvas=(16, 16)):
    torch.manual_seed(seed)
    config = DwiseNeuroConfig((6, 8), (2, 3), expansion_ratio=2, squeeze_ratio=4, cortex_features=(12,), canvas=canvas)
    return DwiseNeuro(config, mice or {"a": 5, "b": 4}, frame_size).eval()


def test_rates_and_predictions_are_the_means_of_the_members():
    members = [dwiseneuro(seed) for seed in range(3)]
    ensemble = Ensemble(members).eval()
    assert (ensemble.window, ensemble.canvas, ensemble.sees_state_as_planes) == (32, (16, 16), True)
    movie, state = 255 * torch.rand(2, 32, 10, 16), torch.rand(2, 4, 32)
    with torch.no_grad():
        expected = sum(member(movie, state, "b") for member in members) / 3
        torch.testing.assert_close(ensemble(movie, state, "b"), expected)
    clip, states = np.random.default_rng(0).uniform(0, 255, (45, 10, 16)), np.ones((4, 45))
    expected = np.mean([predict(member, clip, states, "a") for member in members], axis=0)
    np.testing.assert_allclose(predict(ensemble, clip, states, "a"), expected, rtol=1e-5)


def test_the_longest_history_counts():
    members = [LinearNonlinear(LinearNonlinearConfig(taps=taps), {"a": 2}, (8, 8)) for taps in (3, 9)]
    assert Ensemble(members).history == members[1].history


@pytest.mark.parametrize(
    ("other", "word"),
    [
        (lambda: dwiseneuro(1, mice={"b": 4, "a": 5}), "the animals"),
        (lambda: dwiseneuro(1, frame_size=(9, 16)), "the frame size"),
        (lambda: dwiseneuro(1, canvas=(18, 16)), "the canvas"),
        (lambda: LinearNonlinear(LinearNonlinearConfig(), {"a": 5, "b": 4}, (10, 16)), "the canvas"),
    ],
)
def test_members_that_disagree_are_refused(other, word):
    with pytest.raises(ReverieError, match=f"Encoder 2 of the ensemble has {word}"):
        Ensemble([dwiseneuro(0), other()])


def test_an_empty_ensemble_is_refused():
    with pytest.raises(ReverieError, match="at least one"):
        Ensemble([])
