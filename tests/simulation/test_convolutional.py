import copy
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.worlds import looking

from reverie.encoders.checkpoints import load_encoder, save_encoder
from reverie.simulation.convolutional import ConvolutionalTruth, ConvolutionalTruthConfig
from reverie.stimuli.naturalistic import naturalistic_movie

SIZE = (12, 16)


@pytest.fixture(scope="module")
def truth() -> ConvolutionalTruth:
    return ConvolutionalTruth(ConvolutionalTruthConfig(seed=1, gaze_degrees=(2.0, 2.0)), {"a": 80, "b": 5}, SIZE)


@pytest.fixture(scope="module")
def movie() -> torch.Tensor:
    return torch.from_numpy(naturalistic_movie(100, np.random.default_rng(0), frame_size=SIZE))[None]


def test_a_changed_frame_reaches_later_ones_and_no_further_than_the_history(
    truth: ConvolutionalTruth, movie: torch.Tensor
):
    changed = movie.clone()
    changed[:, 20] = 255 - changed[:, 20]
    with torch.no_grad():
        difference = (truth(movie, looking(100), "a") - truth(changed, looking(100), "a"))[0].abs().amax(dim=0)
    assert difference[:20].max() == 0
    assert difference[20 + truth.history + 1 :].max() == 0
    assert difference[20 + truth.history - 15 :].max() > 0


def test_pieces_with_their_history_are_the_whole(truth: ConvolutionalTruth, movie: torch.Tensor):
    with torch.no_grad():
        whole = truth(movie, looking(100), "a")[0]
        later = truth(movie[:, 70 - truth.history :], looking(30 + truth.history), "a")[0, :, truth.history :]
    np.testing.assert_allclose(later, whole[:, 70:], rtol=1e-3, atol=1e-4)


def test_gradients_agree_with_finite_differences(truth: ConvolutionalTruth, movie: torch.Tensor):
    precise = copy.deepcopy(truth).double()
    clip, state = movie[:, :16].double().requires_grad_(), looking(16).double()
    (gradient,) = torch.autograd.grad(precise(clip, state, "b").sum(), clip)
    direction = torch.randn(clip.shape, generator=torch.Generator().manual_seed(0)).double()
    with torch.no_grad():
        up, down = (precise(clip + sign * 1e-4 * direction, state, "b").sum() for sign in (1, -1))
    assert float(up - down) / 2e-4 == pytest.approx(float((gradient * direction).sum()), rel=1e-3)


def test_saved_and_loaded_it_is_the_same(truth: ConvolutionalTruth, movie: torch.Tensor, tmp_path: Path):
    save_encoder(truth, tmp_path / "truth")
    again = load_encoder(tmp_path / "truth")
    with torch.no_grad():
        rates = [one(movie[:, :40], looking(40), "b") for one in (truth, again)]
    np.testing.assert_array_equal(*rates)


def test_the_whole_frame_sets_the_gain(truth: ConvolutionalTruth):
    noise = torch.randn(1, 30, *SIZE, generator=torch.Generator().manual_seed(3))
    gains = [truth.animal("a").gain_of_frames(127.5 + contrast * noise).mean() for contrast in (0.0, 25.0, 50.0)]
    assert gains[0] == pytest.approx(4.0, rel=0.02)
    assert gains[1] == pytest.approx(1 / (0.25 + 25 / 127.5), rel=0.02)
    assert gains[2] == pytest.approx(1 / (0.25 + 50 / 127.5), rel=0.02)


def test_a_neuron_adapts_to_what_goes_on(truth: ConvolutionalTruth):
    cortex = truth.animal("a")
    steady = cortex.nonlinearity(torch.full((1, 80, 60), 1.5))[0]
    onset = cortex.nonlinearity(torch.cat([torch.zeros(1, 80, 24), torch.full((1, 80, 30), 1.5)], dim=2))[0]
    adaptations = cortex.get_buffer("adaptations")[:, 0]
    np.testing.assert_allclose(onset[:, -1], steady[:, -1], rtol=1e-4)
    fall = steady[:, -1] / onset[:, 0]
    assert torch.all(fall[adaptations > 0.1] < 0.99)
    assert np.corrcoef(fall, adaptations)[0, 1] < -0.8
