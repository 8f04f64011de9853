"""The filters a core starts from: of unit length, patches without mean, spots with one, no two alike."""

import torch

from reverie.encoders.filters import SPOTS, spatial_filters, temporal_filters


def test_spatial_filters_have_unit_length_and_only_spots_see_luminance() -> None:
    filters = spatial_filters(32, 11)
    assert torch.allclose(filters.flatten(1).norm(dim=1), torch.ones(32))
    spots = (torch.arange(32) // 2) % SPOTS == 0
    assert (filters[spots] >= 0).all()
    assert filters[~spots].sum((1, 2)).abs().max() < 1e-5


def test_pairs_of_patches_are_in_quadrature() -> None:
    filters = spatial_filters(32, 11).flatten(1)
    pairs = (filters[::2] * filters[1::2]).sum(1)
    patches = torch.arange(16) % SPOTS != 0
    assert pairs[patches].abs().max() < 0.3


def test_no_two_filters_are_alike_in_space_and_time() -> None:
    space, time = spatial_filters(32, 11).flatten(1), temporal_filters(32, 10)
    alike = (space @ space.T) * (time @ time.T) - torch.eye(32)
    assert alike.max() < 0.99


def test_temporal_kernels_start_at_nothing_and_have_unit_length() -> None:
    kernels = temporal_filters(16, 10)
    assert torch.allclose(kernels.norm(dim=1), torch.ones(16))
    assert torch.equal(kernels[:, -1], torch.zeros(16))
