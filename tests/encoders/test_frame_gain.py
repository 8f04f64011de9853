"""Gain control by the frame's contrast: neutral before it is learned, weaker drives in strong contrast, causal."""

import torch

from reverie.encoders.compact import Compact, CompactConfig
from reverie.encoders.frame_gain import MEMORY, FrameGain


def frames(contrast: float, number: int = 12) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return contrast * torch.randn(1, number, 8, 10, generator=generator)


def test_it_is_one_before_it_is_learned():
    assert torch.equal(FrameGain(3)(frames(2.0)), torch.ones(1, 3, 12))


def test_contrast_divides_by_each_neurons_power_of_it():
    gain = FrameGain(2)
    with torch.no_grad():
        gain.power.copy_(torch.tensor([[1.0], [2.0]]))
        gain.floor.fill_(-20.0)  # softplus of it is next to 0
    weak, strong = (gain(frames(contrast, 20))[..., MEMORY:] for contrast in (0.5, 1.0))
    assert torch.allclose(weak / strong, torch.tensor([2.0, 4.0])[None, :, None].expand_as(weak), rtol=1e-2)


def test_brightness_alone_changes_nothing_and_later_frames_do_not_matter():
    gain = FrameGain(1)
    with torch.no_grad():
        gain.power.fill_(1.0)
    pictures = frames(1.0)
    assert torch.allclose(gain(pictures), gain(pictures + 0.7), atol=1e-4)
    later = pictures.clone()
    later[:, 8:] *= 3
    assert torch.equal(gain(pictures)[..., :8], gain(later)[..., :8])


def test_a_window_with_its_history_has_the_rates_of_the_whole_clip():
    torch.manual_seed(0)
    config = CompactConfig(filters=16, features=6, filter_size=5, taps=3, smoothing=2, frame_gain=True)
    encoder = Compact(config, {"a": 4}, (12, 16))
    with torch.no_grad():
        encoder.frame_gains[0].power.uniform_(0.5, 1.5)
        encoder.readouts[0].weights.normal_()
    movie, state = 255 * torch.rand(1, 40, 12, 16), torch.zeros(1, 4, 40)
    start = 20 - encoder.history
    whole, window = encoder(movie, state, "a")[..., 20:], encoder(movie[:, start:], state[..., start:], "a")
    assert torch.allclose(whole, window[..., encoder.history :], rtol=1e-4)
