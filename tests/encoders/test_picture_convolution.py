"""The quick convolution: torch's own values and gradients, for any size of picture."""

import pytest
import torch
from torch.nn import functional

from reverie.encoders.picture_convolution import convolve_pictures


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
        torch.autograd.grad(ours, (pictures, filters), slopes),
        torch.autograd.grad(theirs, (pictures, filters), slopes),
    )
