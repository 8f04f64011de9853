"""What the fast form costs, counted and not timed: nothing may get slower unnoticed."""

import dataclasses
from collections import Counter

import pytest
import torch
from benchmarks.meters import Meter
from benchmarks.scaling import one_step, problem_with
from benchmarks.subjects import MOUSE, make_clip, make_subject, stacks_of
from tests.encoders.fast.choices import COMPILER

from reverie.encoders.fast import kernels

MEGABYTE = 2**20


@pytest.fixture(scope="module")
def tiny():
    return make_subject("tiny", 20)


@pytest.fixture(scope="module")
def full():
    return make_subject("paper", 200)


needs_kernels = pytest.mark.skipif(not COMPILER, reason="needs a C compiler")
counts_all = pytest.mark.skipif(torch.__version__ < (2, 13), reason="older PyTorch lays a few more arrays out")


def products_of(operators):
    return sum(operators[name] for name in ("addmm", "addmm_", "mm", "bmm", "baddbmm", "baddbmm_"))


def meter_pass(subject, *, gradient):
    movie, state, _ = make_clip(32, subject.neurons)
    planes = stacks_of(subject, movie, state)[:1].requires_grad_(gradient)
    with Meter() as meter:
        rates = subject.fast.network(planes, MOUSE)
        if gradient:
            torch.autograd.grad(rates.sum(), planes)
    return meter


def counted_kernels(monkeypatch):
    called, call = Counter(), kernels.call
    monkeypatch.setattr(kernels, "call", lambda name, *rest: (called.update([name]), call(name, *rest))[1])
    return called


@counts_all
def test_a_pass_makes_few_matrix_products_and_no_convolution_of_planes(monkeypatch):
    """For each of three blocks: widening, projecting, their ways back, the shortcut and the small ones of the gate."""
    monkeypatch.setenv(kernels.CHOICE, "off")
    operators = meter_pass(make_subject("tiny", 20), gradient=True).operators
    assert products_of(operators) <= 49
    assert not operators["native_batch_norm"] + operators["cudnn_batch_norm"]
    assert sum(operators.values()) <= 440


@counts_all
@needs_kernels
def test_with_kernels_little_is_left_to_torch(tiny, monkeypatch):
    """Seven kernels for each of three blocks, and the small products of the gates and of what comes after the core.

    Operators that multiply nothing lay arrays out, and average what goes around the last block.
    """
    called = counted_kernels(monkeypatch)
    operators = meter_pass(tiny, gradient=True).operators
    assert set(called.values()) == {3}
    assert sum(called.values()) <= 21
    assert products_of(operators) <= 37
    assert sum(operators.values()) <= 250


@needs_kernels
def test_a_prediction_is_rounded_on_its_way_and_keeps_two_bytes_a_number(full, monkeypatch):
    """Bare planes enter the first of nine blocks; what leaves the last one's gate is pooled. Neither is rounded."""
    monkeypatch.setattr(kernels, "rounding_pays", lambda: True)
    movie, state, _ = make_clip(32, full.neurons)
    planes = stacks_of(full, movie, state)[:1]
    called = counted_kernels(monkeypatch)
    with Meter() as meter, torch.no_grad():
        full.fast.predict_stacks(planes, MOUSE)
    every = ("widen_and_convolve", "around", "project")
    assert called == {**dict.fromkeys(every, 9), "round_features": 8, "round_weights": 8}
    assert meter.peak <= 30 * MEGABYTE


@needs_kernels
def test_with_kernels_a_full_size_pass_keeps_slopes_in_two_bytes_each(full):
    assert meter_pass(full, gradient=True).peak <= 540 * MEGABYTE
    assert meter_pass(full, gradient=False).peak <= 48 * MEGABYTE


def test_without_a_gradient_nothing_is_kept(tiny):
    with_gradient, without = (meter_pass(tiny, gradient=gradient).peak for gradient in (True, False))
    assert without < 0.6 * with_gradient


def test_the_window_sets_the_peak_and_not_the_clip(tiny):
    peaks = {}
    for frames in (64, 640):
        step = one_step(problem_with(tiny, frames), batch=1)
        with Meter() as meter:
            step()
        peaks[frames] = meter.peak
    # Movie, gradient, momentum and the like: at most 12 arrays as large as the clip on its canvas.
    arrays = 12 * 640 * 64 * 64 * 4
    assert peaks[640] <= 1.2 * peaks[64] + arrays


def test_the_full_size_fits_two_gigabytes(full):
    step = one_step(problem_with(full, 32))
    with Meter() as meter:
        step()
    assert meter.peak <= 2048 * MEGABYTE


def test_fewer_neurons_make_a_smaller_readout():
    subject = make_subject("tiny", 40)
    assert [dataclasses.asdict(subject.encoder.config)["groups"], *map(len, subject.fast.readout.weights)] == [
        2,
        20,
        20,
    ]
