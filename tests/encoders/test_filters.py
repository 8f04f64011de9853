"""The filters a core starts from: of unit length, patches without mean, spots with one, no two alike.

The quick convolution: torch's own values and gradients, for any size of picture.
"""

import pytest
import torch
from torch.nn import functional

from reverie.encoders.filters import PAIRS_PER_SPOT, convolve_pictures, spatial_filters, temporal_filters


def test_spatial_filters_have_unit_length_and_only_spots_see_luminance() -> None:
    filters = spatial_filters(32, 11)
    assert torch.allclose(filters.flatten(1).norm(dim=1), torch.ones(32))
    spots = (torch.arange(32) // 2) % PAIRS_PER_SPOT == 0
    assert (filters[spots] >= 0).all()
    assert filters[~spots].sum((1, 2)).abs().max() < 1e-5


def test_pairs_of_patches_are_in_quadrature() -> None:
    filters = spatial_filters(32, 11).flatten(1)
    pairs = (filters[::2] * filters[1::2]).sum(1)
    patches = torch.arange(16) % PAIRS_PER_SPOT != 0
    assert pairs[patches].abs().max() < 0.3


def test_no_two_filters_are_alike_in_space_and_time() -> None:
    space, time = spatial_filters(32, 11).flatten(1), temporal_filters(32, 10)
    alike = (space @ space.T) * (time @ time.T) - torch.eye(32)
    assert alike.max() < 0.99


def test_temporal_kernels_start_at_nothing_and_have_unit_length() -> None:
    kernels = temporal_filters(16, 10)
    assert torch.allclose(kernels.norm(dim=1), torch.ones(16))
    assert torch.equal(kernels[:, -1], torch.zeros(16))


@pytest.mark.parametrize("size", [(18, 32), (7, 5), (1, 9)])
@pytest.mark.parametrize("side", [1, 5, 11])
def test_it_equals_the_usual_convolution(size: tuple[int, int], side: int) -> None:
    generator = torch.Generator().manual_seed(side)
    pictures = torch.randn(3, 1, *size, generator=generator, dtype=torch.float64, requires_grad=True)
    filters = torch.randn(4, 1, side, side, generator=generator, dtype=torch.float64, requires_grad=True)
    slopes = torch.randn(3, 4, *size, generator=generator, dtype=torch.float64)
    ours, theirs = convolve_pictures(pictures, filters), functional.conv2d(pictures, filters, padding=side // 2)
    torch.testing.assert_close(ours, theirs)
    torch.testing.assert_close(
        torch.autograd.grad(ours, (pictures, filters), slopes), torch.autograd.grad(theirs, (pictures, filters), slopes)
    )
