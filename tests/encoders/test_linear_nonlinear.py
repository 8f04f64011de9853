"""LinearNonlinear: its closed form."""

import numpy as np
import pytest
import torch

from reverie.encoders.filters import CONTRAST_UNIT
from reverie.encoders.linear_nonlinear import LinearNonlinear, LinearNonlinearConfig


@pytest.mark.parametrize("rank", [1, 3])
def test_it_is_a_low_rank_filter_a_softplus_and_a_scale(rank: int) -> None:
    torch.manual_seed(0)
    encoder = LinearNonlinear(LinearNonlinearConfig(taps=4, rank=rank, pooling=1), {"a": 2}, (3, 5)).double()
    readout = encoder.readouts[0]
    with torch.no_grad():
        readout.space.normal_()
        readout.time.normal_()
    readout.mean_rates.copy_(torch.tensor([2.0, 3.0]))
    movie = 255 * torch.rand(1, 9, 3, 5, dtype=torch.float64)
    rates = encoder(movie, torch.zeros(1, 4, 9, dtype=torch.float64), "a")[0].detach().numpy()
    pixels = (movie[0].numpy().reshape(9, 15) - 127.5) / CONTRAST_UNIT
    pixels = np.concatenate([np.zeros((3, 15)), pixels])
    space = readout.space.detach().numpy().reshape(2, rank, 15)
    time = readout.time.detach().numpy().reshape(2, rank, 4)
    drive = [[np.einsum("kp,rp,rk->", pixels[t : t + 4], space[n], time[n]) for t in range(9)] for n in range(2)]
    expected = np.log1p(np.exp(np.array(drive) + np.log(np.e - 1))) * [[2.0], [3.0]]
    assert rates == pytest.approx(expected, rel=1e-6)
