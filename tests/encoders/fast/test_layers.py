"""Compiled filtering in time and reading of points beside the sums written out, as each kind of processor runs them."""

from functools import partial

import pytest
import torch
from tests.encoders.fast.choices import CHOICES, COMPILED, by_threads

from reverie.encoders.fast import kernels
from reverie.encoders.fast.layers import filter_frames, read_points

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


READOUTS = {"usual": (13, 40, 32, 300), "few channels": (5, 9, 6, 7), "one neuron": (1, 4, 32, 1)}


def readout_arrays(size, dtype=torch.float32):
    rows, points, channels, neurons = size
    generator = torch.Generator().manual_seed(0)
    features, weights = (
        torch.randn(*shape, generator=generator) for shape in ((rows, points, channels), (neurons, channels))
    )
    corners = torch.randint(points, (neurons, 4), generator=generator)
    shares = torch.rand(neurons, 4, generator=generator)
    return (
        features.to(dtype).requires_grad_(),
        corners,
        shares.to(dtype).requires_grad_(),
        weights.to(dtype).requires_grad_(),
    )


def read_and_gradients(size, dtype=torch.float32):
    features, corners, shares, weights = readout_arrays(size, dtype)
    drive = read_points(features, corners, shares, weights)
    slopes = torch.randn(drive.shape, generator=torch.Generator().manual_seed(1)).to(dtype)
    return drive.detach(), *torch.autograd.grad(drive, (features, shares, weights), slopes)


@pytest.mark.parametrize("size", READOUTS.values(), ids=READOUTS)
@pytest.mark.parametrize("choice", CHOICES)
def test_drives_and_gradients_are_those_of_the_sum_written_out(monkeypatch, choice, size):
    features, corners, shares, weights = readout_arrays(size, torch.float64)
    drive = torch.einsum("rnkc,nk,nc->rn", features[:, corners], shares, weights)
    slopes = torch.randn(drive.shape, generator=torch.Generator().manual_seed(1)).double()
    expected = (drive.detach(), *torch.autograd.grad(drive, (features, shares, weights), slopes))
    monkeypatch.setenv(kernels.CHOICE, choice)
    for ours, theirs in zip(read_and_gradients(size), expected, strict=True):
        torch.testing.assert_close(ours.double(), theirs, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    "computed", [partial(filtered_and_gradients, SIZES["usual"]), partial(read_and_gradients, READOUTS["usual"])]
)
@pytest.mark.parametrize("choice", COMPILED)
def test_threads_change_no_bit(monkeypatch, choice, computed):
    monkeypatch.setenv(kernels.CHOICE, choice)
    one, *more = by_threads(computed)
    assert more
    for others in more:
        assert all(torch.equal(ours, theirs) for ours, theirs in zip(one, others, strict=True))


def test_frozen_weights_leave_the_gradient_by_features_as_it_is():
    features, corners, shares, weights = readout_arrays(READOUTS["usual"])
    drive = read_points(features, corners, shares.detach(), weights.detach())
    (by_feature,) = torch.autograd.grad(drive.sum(), features)
    torch.testing.assert_close(
        by_feature, torch.autograd.grad(read_points(features, corners, shares, weights).sum(), features)[0]
    )


@pytest.mark.parametrize("choice", CHOICES)
@pytest.mark.parametrize("beyond", [-1, 40])
def test_points_that_are_not_there_are_not_read(monkeypatch, choice, beyond):
    monkeypatch.setenv(kernels.CHOICE, choice)
    features, corners, shares, weights = readout_arrays(READOUTS["usual"])
    corners[7, 2] = beyond
    with pytest.raises((IndexError, RuntimeError)):
        read_points(features, corners, shares, weights)
