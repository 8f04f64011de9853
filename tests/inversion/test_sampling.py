import pytest
import torch

from reverie.inversion.sampling import sample

PICTURES = torch.randn(3, 6, 9, generator=torch.Generator().manual_seed(0))
ROWS, COLUMNS = (torch.arange(float(length)).expand(3, length) for length in (6, 9))


@pytest.mark.parametrize("mode", ["bilinear", "bicubic"])
def test_at_its_pixels_a_picture_is_itself_and_beyond_them_its_edge(mode):
    torch.testing.assert_close(sample(PICTURES, ROWS, COLUMNS, mode), PICTURES, rtol=1e-4, atol=1e-5)
    beyond = sample(PICTURES, ROWS - 20, COLUMNS, mode)
    torch.testing.assert_close(beyond, PICTURES[:, :1].expand(3, 6, 9), rtol=1e-4, atol=1e-5)


def test_between_pixels_a_slope_goes_on():
    slope = (2 * ROWS[:, :, None] + 5 * COLUMNS[:, None, :]).contiguous()
    found = sample(slope, ROWS[:, :4] + 0.25, COLUMNS[:, :7] + 0.5, "bilinear")
    torch.testing.assert_close(found, slope[:, :4, :7] + 0.5 + 2.5)
