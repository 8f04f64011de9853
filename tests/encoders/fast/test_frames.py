"""Compiled filtering in time beside the sum written out, as each kind of processor runs it."""

import pytest
import torch
from tests.encoders.fast.choices import CHOICES, COMPILED, by_threads

from reverie.encoders.fast import kernels
from reverie.encoders.fast.frames import filter_frames

SIZES = {
    "usual": (2, 17, 6, 32, 10),
    "many channels": (1, 9, 5, 48, 3),
    "no lanes": (2, 7, 3, 5, 4),
    "one tap": (1, 4, 2, 16, 1),
}
"""Clips, frames, points, channels and taps; clips may be shorter than twice the taps."""


def arrays(size):
    clips, longer, points, channels, taps = size
    generator = torch.Generator().manual_seed(0)
    seen = torch.randn(clips, longer, points, channels, generator=generator, requires_grad=True)
    return seen, torch.randn(channels, taps, generator=generator, requires_grad=True)


def filtered_and_gradients(size):
    seen, taps = arrays(size)
    filtered = filter_frames(seen, taps)
    slopes = torch.randn(filtered.shape, generator=torch.Generator().manual_seed(1))
    return filtered.detach(), *torch.autograd.grad(filtered, (seen, taps), slopes)


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
@pytest.mark.parametrize("choice", CHOICES)
def test_clips_and_gradients_are_those_of_the_sum_written_out(monkeypatch, choice, size):
    seen, taps = (each.detach().double().requires_grad_() for each in arrays(size))
    filtered = torch.einsum("btpck,ck->btpc", seen.unfold(1, size[-1], 1), taps)
    slopes = torch.randn(filtered.shape, generator=torch.Generator().manual_seed(1)).double()
    expected = (filtered.detach(), *torch.autograd.grad(filtered, (seen, taps), slopes))
    monkeypatch.setenv(kernels.CHOICE, choice)
    for ours, theirs in zip(filtered_and_gradients(size), expected, strict=True):
        torch.testing.assert_close(ours.double(), theirs, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("choice", COMPILED)
def test_threads_change_no_bit(monkeypatch, choice):
    monkeypatch.setenv(kernels.CHOICE, choice)
    one, *more = by_threads(lambda: filtered_and_gradients(SIZES["usual"]))
    for others in more:
        assert all(torch.equal(ours, theirs) for ours, theirs in zip(one, others, strict=True))
