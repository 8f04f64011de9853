"""The gain of the state: neutral where nothing is known, bounded, and in the units it was given."""

import numpy as np
import torch

from reverie.encoders.state_gain import STEEPEST, StateGain


def test_it_is_one_before_it_is_learnt() -> None:
    assert torch.equal(StateGain(3)(torch.randn(2, 4, 5) * 100), torch.ones(2, 3, 5))


def test_it_is_bounded_and_one_at_the_mean() -> None:
    gain = StateGain(2)
    mean = np.array([50, 1, 140, 130], dtype=np.float32)
    gain.standardise(mean, np.array([13, 2, 6, 0], dtype=np.float32))
    with torch.no_grad():
        gain.weight.fill_(100.0)
    at_mean = gain(torch.from_numpy(mean)[None, :, None])
    assert torch.allclose(at_mean, torch.ones(1, 2, 1))
    far = gain(torch.from_numpy(mean)[None, :, None] + 1e6)
    assert torch.allclose(far, torch.full((1, 2, 1), float(np.exp(STEEPEST))))
