import pytest
import torch

from reverie.inversion.methods.grey_levels import expected_grey, slope_of_clip, soft_clip


@pytest.mark.parametrize("value", [-40.0, 0.0, 12.0, 128.0, 250.0, 300.0])
def test_the_expected_grey_is_the_mean_of_clipped_draws(value):
    draws = value + 25.0 * torch.randn(400_000, generator=torch.Generator().manual_seed(0))
    bent, _ = soft_clip(draws, 8.0)
    expected = expected_grey(torch.tensor(value), torch.tensor(25.0), 8.0)
    assert expected.item() == pytest.approx(bent.mean().item(), abs=0.3)


def test_without_doubt_the_expected_grey_is_the_clip_itself():
    values = torch.linspace(-80, 340, 100)
    bent, _ = soft_clip(values, 8.0)
    torch.testing.assert_close(expected_grey(values, torch.tensor(0.0), 8.0), bent, atol=0.8, rtol=0)


def test_doubt_draws_what_lies_beyond_the_ends_towards_the_middle():
    black, doubt = torch.tensor(-10.0), torch.tensor([0.0, 10.0, 40.0])
    greys = expected_grey(black, doubt, 8.0)
    assert bool((greys.diff() > 0).all())
    assert bool((expected_grey(255 - black, doubt, 8.0) + greys).allclose(torch.tensor(255.0), atol=1e-3))


def test_the_slope_is_that_of_the_clip_whether_told_by_values_or_by_greys():
    values = torch.linspace(-60, 310, 50).reshape(2, 5, 5).requires_grad_()
    greys, bend = soft_clip(values, 8.0)
    (slope,) = torch.autograd.grad(greys.sum(), values)
    torch.testing.assert_close(bend, slope, atol=1e-4, rtol=1e-3)
    torch.testing.assert_close(slope_of_clip(greys.detach(), 8.0), slope, atol=1e-3, rtol=0)
