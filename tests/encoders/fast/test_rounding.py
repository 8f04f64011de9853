import pytest
import torch
from einops import rearrange

from reverie.encoders.fast import kernels
from reverie.encoders.fast.kernels import PANEL, Shape
from reverie.encoders.fast.rounding import rounded_features, rounded_weights

pytestmark = pytest.mark.skipif(kernels.library() is None, reason="needs a C compiler")

FRAMES, PIXELS, PANELS = 11, 3, 2


def shape_of(stacks=1, pitch=PANEL):
    """Three pixels of eleven frames, two panels inside, one panel of outputs."""
    sizes = {"stacks": stacks, "frames": FRAMES, "tall": 1, "wide": PIXELS, "small_tall": 1, "small_wide": PIXELS}
    return Shape(**sizes, panels=PANELS, pitch=pitch, outputs=PANEL, outputs_pitch=PANEL)


def random(*size, seed=0):
    return torch.randn(size, generator=torch.Generator().manual_seed(seed))


def unpaired(values):
    """Weights (..., row, column) from pairs of rows laid side by side."""
    *rest, rows, columns = values.shape
    return values.view(*rest, rows // 2, columns, 2).transpose(-1, -2).reshape(*rest, rows, columns)


def test_features_are_in_panels_and_within_half_a_step():
    features = random(2, PIXELS, FRAMES, PANELS * PANEL) * torch.tensor([1e-15, 1.0, 1e15])[:, None, None]
    values, steps = rounded_features(shape_of(2, PANELS * PANEL), features)
    expected = rearrange(features, "stack pixel time (panel lane) -> stack panel pixel time lane", lane=PANEL)
    steps = steps[..., None, None]
    assert bool(((values * steps - expected).abs() <= 0.501 * steps).all())
    assert bool((steps < expected.abs().amax((3, 4), keepdim=True) / 2**13).all())


def test_zeros_stay_zeros():
    values, steps = rounded_features(shape_of(), torch.zeros(1, PIXELS, FRAMES, PANEL))
    assert not values.any()
    assert bool(steps.isfinite().all())


@pytest.mark.parametrize("damage", [float("nan"), float("inf"), -float("inf")])
def test_rounding_keeps_nan_and_infinity(damage):
    features = random(1, PIXELS, FRAMES, PANEL)
    features[0, 1, 4, 5] = damage
    _, steps = rounded_features(shape_of(), features)
    assert steps.isfinite().tolist() == [[[True, False, True]]]


def test_weights_are_gated_and_within_half_a_step():
    weights, gates = random(2, 3 * PANEL, PANEL), random(4, 3 * PANEL, seed=1).sigmoid()
    values, steps = rounded_weights(shape_of(4), weights, gates)
    whole = unpaired(values).view(4, 2, 3, PANEL, PANEL)
    expected = (gates[:, None, :, None] * weights).view_as(whole)
    steps = steps.view(4, 2, 3, 1, PANEL)
    assert bool(((whole * steps - expected).abs() <= 0.501 * steps).all())


@pytest.mark.parametrize("spread", [0.0, 1.0])
def test_a_product_is_that_of_the_numbers_and_never_too_large(spread):
    """With a spread of nothing all numbers have one sign, and rows and columns are as long as they may be."""
    features = 1 + spread * random(1, PIXELS, FRAMES, PANELS * PANEL)
    weights = 1 + spread * random(1, PANELS * PANEL, PANEL, seed=1)
    rounded = rounded_features(shape_of(pitch=PANELS * PANEL), features)
    found = torch.zeros(1, PIXELS, FRAMES, PANEL)
    kernels.call("project", shape_of(), *rounded, *rounded_weights(shape_of(), weights), found)
    torch.testing.assert_close(found, features @ weights[0], rtol=1e-4, atol=1e-3)
