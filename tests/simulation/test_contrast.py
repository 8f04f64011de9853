import numpy as np
import pytest
import torch

from reverie.simulation.contrast import LocalContrast
from reverie.simulation.population import MEMORY


def factor(pixels: torch.Tensor) -> torch.Tensor:
    """Factors of a neuron in the middle and one in a corner."""
    contrast = LocalContrast(0.2, np.array([12.0, 0.0]), np.array([12.0, 0.0]), (24, 24))
    return contrast(pixels.flatten(2))


def test_a_blank_screen_of_any_grey_divides_by_the_constant_alone():
    for level in (0.0, 0.5, -0.9):
        np.testing.assert_allclose(factor(torch.full((1, MEMORY, 24, 24), level)), 1 / 0.2, rtol=0.01)


def test_noise_divides_by_its_own_contrast():
    noise = 0.4 * torch.randn(1, MEMORY + 40, 24, 24, generator=torch.Generator().manual_seed(0))
    np.testing.assert_allclose(factor(noise).mean(dim=2)[0], 1 / (0.2 + 0.4), rtol=0.05)


def test_contrast_far_away_does_not_count():
    pixels = torch.zeros(1, MEMORY, 24, 24)
    pixels[..., -3:, -3:] = torch.randn(3, 3, generator=torch.Generator().manual_seed(0))
    middle, corner = factor(pixels)[0, :, 0]
    assert corner == pytest.approx(5.0, rel=0.02)
    assert middle < corner
