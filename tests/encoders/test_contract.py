"""What every architecture promises, checked on all of them."""

from contextlib import suppress
from functools import cache

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from reverie.encoders.checkpoints import load_encoder, save_encoder
from reverie.encoders.contract import centre_on_canvas, crop_from_canvas, frozen
from reverie.encoders.prediction import predict
from reverie.encoders.registry import BUILT_IN, build
from reverie.foundation.errors import ReverieError

MICE = {"first": 6, "second": 5}
FRAME_SIZE = (16, 20)
SMALL = {
    "dwiseneuro": {
        "core_features": [6, 8],
        "spatial_strides": [2, 2],
        "expansion_ratio": 2,
        "squeeze_ratio": 4,
        "cortex_features": [12],
        "canvas": [20, 20],
    }
}
FRAMES = 48
"""Longer than any history here; bound encoders see a part."""


@cache
def make(architecture):
    """An encoder in evaluation mode whose weights are moved off any special initial value."""
    torch.manual_seed(0)
    encoder = build(architecture, SMALL.get(architecture, {}), MICE, FRAME_SIZE).eval()
    with torch.no_grad():
        for weight in encoder.parameters():
            weight += 0.02 * torch.randn(weight.shape)
    return encoder


@pytest.fixture(params=BUILT_IN)
def encoder(request):
    return make(request.param)


unbound = pytest.mark.parametrize("encoder", ["compact", "linear_nonlinear", "simulated_truth"], indirect=True)
"""An encoder bound to a window has no history."""


@pytest.fixture
def clip(encoder):
    generator = torch.Generator().manual_seed(4)
    frames = encoder.window or FRAMES
    movie = 255 * torch.rand(2, frames, *FRAME_SIZE, generator=generator)
    state = torch.tensor([50.0, 1.0, 140.0, 140.0])[:, None] + torch.rand(2, 4, frames, generator=generator)
    return movie, state


def test_rates_are_finite_non_negative_and_of_the_promised_shape(encoder, clip):
    for mouse, neurons in MICE.items():
        rates = encoder(*clip, mouse)
        assert rates.shape == (2, neurons, clip[0].shape[1])
        assert torch.isfinite(rates).all()
        assert rates.min() >= 0


def test_the_gradient_reaches_the_whole_movie(encoder, clip):
    movie = clip[0].clone().requires_grad_()
    encoder(movie, clip[1], "first").square().sum().backward()
    assert torch.isfinite(movie.grad).all()
    # Few neurons that answer late or are silent may leave some frames out.
    assert (movie.grad.abs().amax((2, 3)) > 0).float().mean() > 0.8


def test_clips_of_a_batch_do_not_mix_in_evaluation(encoder, clip):
    movie, state = clip
    with torch.no_grad():
        together = encoder(movie, state, "first")
        alone = torch.cat([encoder(movie[:1], state[:1], "first"), encoder(movie[1:], state[1:], "first")])
    torch.testing.assert_close(together, alone, rtol=1e-4, atol=1e-5)


@unbound
def test_a_rate_depends_on_its_history_only(encoder, clip):
    movie, state = clip
    changed = movie.clone()
    changed[:, 4] = 255 - changed[:, 4]
    with torch.no_grad():
        difference = (encoder(movie, state, "first") - encoder(changed, state, "first")).abs().amax((0, 1))
    touched = (difference > 1e-4 * difference.max()).nonzero().flatten()
    assert touched.min() >= 4
    assert touched.max() <= 4 + encoder.history


@unbound
def test_a_cut_window_with_context_equals_the_whole_clip(encoder, clip):
    movie, state = clip
    start = encoder.history + 2
    if start >= movie.shape[1]:
        movie, state = movie.repeat(1, 4, 1, 1), state.repeat(1, 1, 4)
    with torch.no_grad():
        whole = encoder(movie, state, "second")[:, :, start:]
        window = encoder(movie[:, 2:], state[:, :, 2:], "second")[:, :, encoder.history :]
    torch.testing.assert_close(window, whole, rtol=1e-4, atol=1e-5)


@unbound
def test_a_grey_screen_is_taken_to_come_before_a_clip(encoder, clip):
    movie, state = clip
    grey = torch.full((2, encoder.history, *FRAME_SIZE), 127.5)
    with torch.no_grad():
        alone = encoder(movie, state, "first")
        after_grey = encoder(
            torch.cat([grey, movie], 1), torch.cat([state[:, :, :1].expand(-1, -1, encoder.history), state], 2), "first"
        )
    torch.testing.assert_close(after_grey[:, :, encoder.history :], alone, rtol=1e-4, atol=1e-5)


@unbound
def test_a_long_clip_is_predicted_as_in_one_pass(encoder):
    generator = np.random.default_rng(5)
    movie = generator.uniform(0, 255, (650, *FRAME_SIZE)).astype(np.float32)
    state = generator.uniform(1, 2, (4, 650)).astype(np.float32)
    with torch.no_grad():
        whole = encoder(torch.from_numpy(movie[None]), torch.from_numpy(state[None]), "first")[0].numpy()
    np.testing.assert_allclose(predict(encoder, movie, state, "first"), whole, rtol=1e-3, atol=1e-4)


def test_an_unknown_animal_is_refused(encoder, clip):
    with pytest.raises(ReverieError, match="no readout for animal 'third'"):
        encoder(*clip, "third")


@pytest.mark.parametrize("architecture", BUILT_IN)
def test_the_round_trip_over_the_disk_is_bit_exact(architecture, tmp_path):
    encoder = make(architecture)
    save_encoder(encoder, tmp_path)
    loaded = load_encoder(tmp_path)
    assert type(loaded) is type(encoder)
    assert loaded.config == encoder.config
    assert (loaded.mice, list(loaded.mice), loaded.frame_size) == (MICE, list(MICE), FRAME_SIZE)
    assert not loaded.training
    assert loaded.state_dict().keys() == encoder.state_dict().keys()
    assert all(torch.equal(weight, loaded.state_dict()[name]) for name, weight in encoder.state_dict().items())
    movie, state = torch.rand(1, encoder.window or 40, *FRAME_SIZE), torch.rand(1, 4, encoder.window or 40)
    with torch.no_grad():
        assert torch.equal(encoder(movie, state, "second"), loaded(movie, state, "second"))


@given(height=st.integers(1, 9), width=st.integers(1, 9), more_rows=st.integers(0, 5), more_columns=st.integers(0, 5))
def test_cropping_undoes_centring(height, width, more_rows, more_columns):
    movie = torch.arange(2.0 * height * width).view(2, height, width)
    on_canvas = centre_on_canvas(movie, (height + more_rows, width + more_columns), -1.0)
    assert on_canvas.shape == (2, height + more_rows, width + more_columns)
    assert (on_canvas == -1.0).sum() == on_canvas.numel() - movie.numel()
    assert torch.equal(crop_from_canvas(on_canvas, (height, width)), movie)


def test_sensorium_movies_take_rows_14_to_50():
    on_canvas = centre_on_canvas(torch.ones(1, 36, 64), (64, 64), 0.0)
    assert on_canvas[0, 14:50].min() == 1
    assert on_canvas.sum() == 36 * 64


def test_a_movie_of_the_canvas_size_is_not_copied():
    movie = torch.ones(3, 4, 5)
    assert centre_on_canvas(movie, (4, 5), 0.0) is movie


def test_a_movie_larger_than_the_canvas_is_refused():
    with pytest.raises(ReverieError, match="does not fit"):
        centre_on_canvas(torch.ones(1, 65, 64), (64, 64), 0.0)


def test_a_frozen_encoder_is_afterwards_as_it_was():
    encoder = build("compact", {}, MICE, FRAME_SIZE)
    held, *_, last = encoder.modules()
    held.training, last.training = False, True
    weight, *_ = encoder.parameters()
    weight.requires_grad_(False)
    before = [module.training for module in encoder.modules()], [each.requires_grad for each in encoder.parameters()]
    assert any(before[0])
    with suppress(ZeroDivisionError), frozen(encoder):
        assert not any(module.training for module in encoder.modules())
        assert not any(each.requires_grad for each in encoder.parameters())
        raise ZeroDivisionError
    after = [module.training for module in encoder.modules()], [each.requires_grad for each in encoder.parameters()]
    assert after == before
