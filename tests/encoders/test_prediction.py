import numpy as np
import pytest
import torch

from reverie.encoders.contract import PIECE_FRAMES, Encoder
from reverie.encoders.dwiseneuro import DwiseNeuro
from reverie.encoders.dwiseneuro_config import DwiseNeuroConfig
from reverie.encoders.prediction import predict
from reverie.foundation.errors import ReverieError

CONFIG = DwiseNeuroConfig(
    (6,), (2,), expansion_ratio=2, squeeze_ratio=4, cortex_features=(12,), stack_frames=3, canvas=(8, 8)
)


class Recent(Encoder):
    """The mean grey level of the last frames, grey before the clip; it can be bound to a window."""

    history = 3

    def __init__(self, window=None):
        super().__init__({"a": 1}, (2, 2))
        self.window = window
        self.longest = 0

    def forward(self, movie, state, mouse):
        self.longest = max(self.longest, movie.shape[1])
        levels = torch.nn.functional.pad(movie.mean((2, 3)), (self.history, 0), value=127.5)
        return levels.unfold(1, self.history + 1, 1).mean(2)[:, None]


def clip(frames, size=(2, 2)):
    generator = np.random.default_rng(0)
    return generator.uniform(0, 255, (frames, *size)).astype(np.float32), np.zeros((4, frames), np.float32)


@pytest.mark.parametrize("frames", [1, 3, PIECE_FRAMES, PIECE_FRAMES + 1, 3 * PIECE_FRAMES - 1])
def test_pieces_with_context_equal_one_pass_and_stay_short(frames):
    movie, state = clip(frames)
    encoder = Recent()
    rates = predict(encoder, movie, state, "a")
    levels = np.concatenate([np.full(3, 127.5), movie.mean((1, 2))])
    np.testing.assert_allclose(rates[0], np.lib.stride_tricks.sliding_window_view(levels, 4).mean(1), rtol=1e-5)
    assert encoder.longest <= PIECE_FRAMES + encoder.history


def test_an_encoder_bound_to_a_window_is_averaged_over_its_windows():
    movie, state = clip(9)
    encoder = Recent(window=6)
    expected, seen = np.zeros(9), np.zeros(9)
    for start in range(4):
        window = torch.from_numpy(movie[None, start : start + 6])
        expected[start : start + 6] += encoder(window, torch.zeros(1, 4, 6), "a")[0, 0].numpy()
        seen[start : start + 6] += 1
    np.testing.assert_allclose(predict(encoder, movie, state, "a")[0], expected / seen, rtol=1e-5)
    with pytest.raises(ReverieError, match="5 frames but the encoder needs at least 6"):
        predict(encoder, *clip(5), "a")


@pytest.mark.parametrize("step", [1, 2, 3])
def test_every_stack_counts_once_for_each_frame_it_holds(step):
    torch.manual_seed(0)
    encoder = DwiseNeuro(DwiseNeuroConfig(**{**vars(CONFIG), "frame_step": step}), {"a": 4}, (8, 8)).eval()
    movie, state = clip(40, (8, 8))
    planes = encoder.planes(torch.from_numpy(movie[None]), torch.from_numpy(state[None]))
    expected, seen = np.zeros((4, 40)), np.zeros(40)
    for start in range(40 - 2 * step):
        frames = start + step * np.arange(3)
        with torch.no_grad():
            expected[:, frames] += encoder.network(planes[:, :, frames], "a")[0].numpy()
        seen[frames] += 1
    np.testing.assert_allclose(predict(encoder, movie, state, "a"), expected / seen, rtol=1e-4, atol=1e-5)


def test_training_flags_are_given_back_and_nothing_is_learnt():
    encoder = DwiseNeuro(CONFIG, {"a": 4}, (8, 8)).train()
    encoder.cortex.eval()
    before = {name: weight.clone() for name, weight in encoder.state_dict().items()}
    rates = predict(encoder, *clip(20, (8, 8)), "a")
    assert encoder.training
    assert encoder.stem.training
    assert not any(module.training for module in encoder.cortex.modules())
    assert all(torch.equal(weight, before[name]) for name, weight in encoder.state_dict().items())
    np.testing.assert_array_equal(rates, predict(encoder.eval(), *clip(20, (8, 8)), "a"))


def test_training_flags_are_given_back_after_an_error():
    encoder = Recent(window=6)
    with pytest.raises(ReverieError):
        predict(encoder, *clip(5), "a")
    assert encoder.training


def test_arrays_and_tensors_are_taken_alike_and_read_only_arrays_do_not_warn():
    movie, state = clip(7)
    movie.flags.writeable = False
    rates = predict(Recent(), movie, state, "a", device="cpu")
    assert rates.dtype == np.float32
    np.testing.assert_array_equal(rates, predict(Recent(), torch.tensor(movie), torch.tensor(state), "a"))


def test_unknown_animals_and_other_frame_sizes_are_refused():
    with pytest.raises(ReverieError, match="no readout for animal 'b'"):
        predict(Recent(), *clip(4), "b")
    with pytest.raises(ReverieError, match="made for movies of 2 x 2 pixels but got 3 x 2"):
        predict(Recent(), *clip(4, (3, 2)), "a")
