import numpy as np
import pytest
import torch

from reverie.foundation.errors import ReverieError
from reverie.inversion.likelihood import EventLikelihood, PoissonLikelihood, likelihood_arrays, likelihood_from_arrays

KINDS = [
    PoissonLikelihood(torch.tensor([1.0, 2.0])),
    EventLikelihood(torch.tensor([0.5, 1.5]), torch.tensor([1.0, 2.0])),
]


def drawn(noise, rates, seed=0):
    """Responses whose first two moments are those the likelihood says, dispersion aside."""
    generator = torch.Generator().manual_seed(seed)
    if isinstance(noise, PoissonLikelihood):
        return torch.poisson(rates, generator=generator)
    probability = -torch.expm1(-noise.frequency[:, None] * rates)
    return (torch.rand(rates.shape, generator=generator) < probability).float() * 7


@pytest.mark.parametrize("noise", KINDS)
def test_the_loss_is_least_at_the_true_rates_and_curved_by_the_information(noise):
    rates = torch.tensor([[0.7], [2.0]], dtype=torch.float32).expand(2, 40000)
    responses = drawn(noise, rates)

    def loss_at(scale):
        return noise.loss(rates * scale[:, None], responses)

    scale = torch.ones(2, requires_grad=True)
    (slope,) = torch.autograd.grad(loss_at(scale), scale, create_graph=True)
    curvature = torch.autograd.functional.hessian(loss_at, torch.ones(2)).diagonal()
    expected = (rates * noise.root_information(rates)).square().sum(1)
    torch.testing.assert_close(curvature, expected, rtol=0.05, atol=0.0)
    assert (slope.abs() < 5 * expected.sqrt()).all()


@pytest.mark.parametrize("noise", KINDS)
def test_choosing_weakening_and_keeping(noise):
    rates = torch.rand(2, 9, generator=torch.Generator().manual_seed(0)) + 0.1
    second = noise.chosen(torch.tensor([1]))
    torch.testing.assert_close(
        second.loss(rates[1:], rates[1:]) + noise.chosen(torch.tensor([0])).loss(rates[:1], rates[:1]),
        noise.loss(rates, rates),
    )
    torch.testing.assert_close(noise.over_dispersed(4).loss(rates, rates) * 4, noise.loss(rates, rates))
    kept = likelihood_from_arrays(likelihood_arrays(noise))
    assert type(kept) is type(noise)
    torch.testing.assert_close(kept.loss(rates, rates), noise.loss(rates, rates))


@pytest.mark.parametrize("noise", KINDS)
def test_slope_and_offset_give_the_likelihood(noise):
    rates = 3 * torch.rand(2, 50, generator=torch.Generator().manual_seed(0)) + 0.1
    responses = drawn(noise, rates)
    slope, offset = noise.natural(rates)
    expected = noise.loss(rates, responses)
    torch.testing.assert_close((offset - noise.statistic(responses) * slope).sum(), expected)


@pytest.mark.parametrize("arrays", [{}, {"dispersion": np.zeros(3)}, {"dispersion": np.full(3, np.nan)}])
def test_impossible_noise_is_refused(arrays):
    with pytest.raises(ReverieError, match="numbers above 0"):
        likelihood_from_arrays(arrays)
