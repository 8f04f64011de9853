"""The kernels beside torch, block by block, as each kind of processor runs them.

Without a C compiler there is nothing to compare.
"""

import dataclasses

import pytest
import torch
from tests.encoders.fast.choices import COMPILED, COMPILER
from tests.encoders.fast.test_form import TINY, untidy

from reverie.encoders.dwiseneuro import DwiseNeuro
from reverie.encoders.fast import kernels
from reverie.encoders.fast.dwiseneuro import FrozenCore

pytestmark = pytest.mark.skipif(not COMPILER, reason="needs a C compiler")

CONFIGS = {
    "odd sizes": {},
    "few frames": {"stack_frames": 6},
    "long kernels": {"spatial_kernel": 5, "temporal_kernel": 9, "spatial_strides": (3, 2, 1)},
    "single positions": {"spatial_kernel": 1, "temporal_kernel": 1},
    "full panels": {"core_features": (32, 64, 32), "expansion_ratio": 2, "cortex_features": (16,)},
}


def encoder_with(**changes):
    torch.manual_seed(0)
    return untidy(DwiseNeuro(dataclasses.replace(TINY, **changes), {"toy": 4}, (12, 16))).eval()


def planes_for(encoder, stacks=2):
    generator = torch.Generator().manual_seed(1)
    return torch.randn(stacks, 5, encoder.layout.frames, *encoder.canvas, generator=generator).requires_grad_()


def pooled_and_gradient(core, planes):
    pooled = core(planes)
    weights = torch.randn(pooled.shape, generator=torch.Generator().manual_seed(2))
    return pooled.detach(), torch.autograd.grad((weights * pooled).sum(), planes)[0]


@pytest.fixture(params=COMPILED, autouse=True)
def processor(request, monkeypatch):
    """Kernels compiled for this processor, for one without AVX-512, and for one of which nothing is known."""
    monkeypatch.setenv(kernels.CHOICE, request.param)


def without_kernels(encoder, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setenv(kernels.CHOICE, "off")
        return FrozenCore(encoder)


@pytest.mark.parametrize("changes", CONFIGS.values(), ids=CONFIGS.keys())
def test_the_kernels_do_what_torch_does(monkeypatch, changes):
    encoder = encoder_with(**changes)
    slow, core = without_kernels(encoder, monkeypatch), FrozenCore(encoder)
    assert core.compiled
    assert not slow.compiled
    check_alike(core, slow, planes_for(encoder))


def check_alike(core, slow, planes):
    found, gradient = pooled_and_gradient(core, planes)
    expected, expected_gradient = pooled_and_gradient(slow, planes)
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)
    # Slopes are kept in 16 bits.
    assert (gradient - expected_gradient).norm() < 1e-4 * expected_gradient.norm()


@pytest.fixture
def rounding(monkeypatch):
    """Predictions in rounded numbers, also where they are not faster."""
    monkeypatch.setattr(kernels, "rounding_pays", lambda: True)


def check_predictions(core, slow, planes):
    found, exact = core.predict(planes), slow.forward(planes, remember=False)[0]
    assert 0 < (found - exact).norm() < 1e-4 * exact.norm()


@pytest.mark.usefixtures("rounding")
@pytest.mark.parametrize("changes", CONFIGS.values(), ids=CONFIGS.keys())
def test_rounded_numbers_predict_nearly_the_same(monkeypatch, changes):
    encoder = encoder_with(**changes)
    check_predictions(FrozenCore(encoder), without_kernels(encoder, monkeypatch), planes_for(encoder).detach())


@torch.no_grad()
def test_only_predictions_are_rounded():
    """A difference between the rates of two nearly equal movies must not be one of rounding."""
    encoder = encoder_with()
    core, planes = FrozenCore(encoder), planes_for(encoder)
    with torch.enable_grad():
        remembered = core(planes)
    assert torch.equal(core(planes), remembered)


@pytest.mark.usefixtures("rounding")
def test_the_bits_do_not_depend_on_the_threads():
    """The kernels use as many as torch does."""
    encoder = encoder_with(core_features=(32, 32, 32), cortex_features=(16,))
    core, planes = FrozenCore(encoder), planes_for(encoder)
    results = []
    before = torch.get_num_threads()
    for threads in (1, 2):
        torch.set_num_threads(threads)
        assert core.blocks[0].layout.shape(1).threads == threads
        # Products of the gate are the library's; they are too small to be shared.
        results.append((*pooled_and_gradient(core, planes), core.predict(planes.detach())))
    torch.set_num_threads(before)
    for one, two in zip(*results, strict=True):
        assert torch.equal(one, two)


@pytest.mark.usefixtures("rounding")
def test_extreme_activations_stay_finite(monkeypatch):
    encoder = encoder_with()
    planes = (planes_for(encoder).detach() * 1e6).requires_grad_()
    slow, core = without_kernels(encoder, monkeypatch), FrozenCore(encoder)
    found, gradient = pooled_and_gradient(core, planes)
    assert bool(gradient.isfinite().all())
    torch.testing.assert_close(found, pooled_and_gradient(slow, planes)[0], rtol=1e-4, atol=1e-2)
    check_predictions(core, slow, planes.detach())


def test_a_kernel_too_large_for_the_kernels_is_left_to_torch():
    assert not FrozenCore(encoder_with(spatial_kernel=13)).compiled
