"""What the fast form costs, counted and not timed: nothing may get slower unnoticed."""

import dataclasses

import pytest
import torch

from reverie.benchmarks.meters import Meter
from reverie.benchmarks.scaling import one_step, problem_with
from reverie.benchmarks.subjects import MOUSE, make_clip, make_subject, stacks_of

MEGABYTE = 2**20


@pytest.fixture(scope="module")
def tiny():
    return make_subject("tiny", 20)


def meter_pass(subject, *, gradient):
    movie, state, _ = make_clip(32, subject.neurons)
    planes = stacks_of(subject, movie, state)[:1].requires_grad_(gradient)
    with Meter() as meter:
        rates = subject.fast.network(planes, MOUSE)
        if gradient:
            torch.autograd.grad(rates.sum(), planes)
    return meter


def test_a_pass_makes_few_matrix_products_and_no_convolution_of_planes(tiny):
    """For each of three blocks: widening, projecting, their ways back, the shortcut and the small ones of the gate."""
    operators = meter_pass(tiny, gradient=True).operators
    products = sum(operators[name] for name in ("addmm", "addmm_", "mm", "bmm", "baddbmm", "baddbmm_"))
    assert products <= 45
    assert operators["native_batch_norm"] + operators["cudnn_batch_norm"] <= 6
    assert sum(operators.values()) <= 420


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


def test_the_full_size_fits_two_gigabytes():
    subject = make_subject("paper", 200)
    step = one_step(problem_with(subject, 32))
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
