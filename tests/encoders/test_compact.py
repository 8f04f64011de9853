"""Compact: where its neurons look, and what an untrained one predicts."""

import numpy as np
import pytest
import torch
from scipy.ndimage import map_coordinates

from reverie.encoders.compact import Compact, CompactConfig
from reverie.encoders.layers import PointReadout
from reverie.foundation.errors import NotApplicable

HEIGHT, WIDTH = 12, 16


def small(neurons: int = 5, frame_size: tuple[int, int] = (HEIGHT, WIDTH)) -> Compact:
    torch.manual_seed(0)
    return Compact(CompactConfig(filters=8, features=6, filter_size=5, taps=4, smoothing=3), {"a": neurons}, frame_size)


def test_a_neuron_reads_the_bilinear_mean_of_its_neighbours() -> None:
    readout = PointReadout(neurons=4, features=1, grid=(5, 7), taps=1)
    places = np.array([[0.0, 0.0], [1.25, 3.5], [3.9, 5.9], [4.0, 6.0]], dtype=np.float32)
    with torch.no_grad():
        readout.places.zero_()
        readout.shift.copy_(torch.from_numpy(places))
        readout.weights.fill_(1.0)
        readout.bias.fill_(20.0)  # softplus is the identity up there
    picture = np.random.default_rng(0).random((5, 7)).astype(np.float32)
    rates = readout(torch.from_numpy(picture).reshape(1, 1, 35, 1))[0, :, 0] - 20
    expected = map_coordinates(picture, places.T, order=1)
    assert rates.detach().numpy() == pytest.approx(expected, abs=1e-5)


def test_places_beyond_the_edge_look_at_the_edge() -> None:
    readout = PointReadout(neurons=1, features=1, grid=(5, 7), taps=1)
    with torch.no_grad():
        readout.shift.fill_(100.0)
    index, weight = readout.neighbours()
    assert index[0, weight[0] > 0].tolist() == [34]


def test_nan_weights_give_nan_rates() -> None:
    readout = PointReadout(neurons=2, features=1, grid=(5, 7), taps=1)
    with torch.no_grad():
        readout.shift[0] = float("nan")
    rates = readout(torch.ones(1, 3, 35, 1))
    assert bool(rates[:, 0].isnan().all())
    assert bool(rates[:, 1].isfinite().all())


def test_slopes_with_respect_to_places_are_right() -> None:
    readout = PointReadout(neurons=3, features=2, grid=(5, 7), taps=2).double()
    with torch.no_grad():
        readout.shift.uniform_(-0.4, 0.4)
        readout.weights.normal_()
    features = torch.randn(1, 4, 35, 2, dtype=torch.float64)

    def rates(shift: torch.Tensor) -> torch.Tensor:
        return torch.func.functional_call(readout, {"shift": shift}, (features,))

    assert torch.autograd.gradcheck(rates, readout.shift.detach().clone().requires_grad_())


def test_an_untrained_neuron_fires_at_its_mean_rate() -> None:
    encoder = small()
    means = np.array([0.5, 1.0, 2.0, 4.0, 8.0], dtype=np.float32)
    encoder.initialise("a", means, np.zeros(4, dtype=np.float32), np.ones(4, dtype=np.float32))
    rates = encoder(255 * torch.rand(1, 9, HEIGHT, WIDTH), torch.zeros(1, 4, 9), "a")
    assert rates[0, :, 4].detach().numpy() == pytest.approx(means, rel=1e-5)


@pytest.mark.parametrize("frame_size", [(2, 2), (1, 64), (64, 2)])
def test_frames_too_small_are_refused_with_the_smallest_that_will_do(frame_size: tuple[int, int]) -> None:
    with pytest.raises(NotApplicable, match="3 x 3 and more"):
        small(frame_size=frame_size)
    small(frame_size=(3, 3))(255 * torch.rand(1, 9, 3, 3), torch.zeros(1, 4, 9), "a")


def test_frames_of_odd_size_and_silent_neurons_do_no_harm() -> None:
    encoder = small(frame_size=(11, 13))
    encoder.initialise("a", np.zeros(5, dtype=np.float32), np.ones(4, dtype=np.float32), np.zeros(4, dtype=np.float32))
    rates = encoder(255 * torch.rand(2, 9, 11, 13), torch.rand(2, 4, 9), "a")
    assert bool(torch.isfinite(rates).all())
