import numpy as np
import pytest
import torch

from reverie.foundation.errors import ReverieError
from reverie.inversion.likelihood import EventLikelihood, GaussianLikelihood, JointLikelihood, PoissonLikelihood
from reverie.inversion.likelihood_kinds import likelihood_of

KINDS = [
    PoissonLikelihood(torch.tensor([1.0, 2.0])),
    EventLikelihood(torch.tensor([0.5, 1.5]), torch.tensor([1.0, 2.0])),
    GaussianLikelihood(torch.tensor([0.5, 3.0]), torch.tensor([1.0, 2.0])),
    JointLikelihood(torch.ones(2), torch.tensor([1.0, 2.0]), torch.tensor([2.0, 0.5])),
]


def drawn(likelihood, rates, seed=0):
    """Responses whose first two moments are those the likelihood says, dispersion aside."""
    generator = torch.Generator().manual_seed(seed)
    if isinstance(likelihood, PoissonLikelihood | JointLikelihood):
        return torch.poisson(rates, generator=generator)
    if isinstance(likelihood, GaussianLikelihood):
        return rates + likelihood.variance.sqrt()[:, None] * torch.randn(rates.shape, generator=generator)
    probability = -torch.expm1(-likelihood.frequency[:, None] * rates)
    return (torch.rand(rates.shape, generator=generator) < probability).float() * 7


@pytest.mark.parametrize("likelihood", KINDS)
def test_the_loss_is_least_at_the_true_rates_and_curved_by_the_information(likelihood):
    rates = torch.tensor([[0.7], [2.0]], dtype=torch.float32).expand(2, 40000)
    responses = drawn(likelihood, rates)

    def loss_at(scale):
        return likelihood.loss(rates * scale[:, None], responses)

    scale = torch.ones(2, requires_grad=True)
    (slope,) = torch.autograd.grad(loss_at(scale), scale, create_graph=True)
    curvature = torch.autograd.functional.hessian(loss_at, torch.ones(2)).diagonal()
    expected = (rates * likelihood.root_information(rates)).square().sum(1)
    torch.testing.assert_close(curvature, expected, rtol=0.05, atol=0.0)
    assert (slope.abs() < 5 * expected.sqrt()).all()


@pytest.mark.parametrize("likelihood", KINDS)
def test_choosing_weakening_and_keeping(likelihood):
    rates = torch.rand(2, 9, generator=torch.Generator().manual_seed(0)) + 0.1
    second = likelihood.chosen(torch.tensor([1]))
    torch.testing.assert_close(
        second.loss(rates[1:], rates[1:]) + likelihood.chosen(torch.tensor([0])).loss(rates[:1], rates[:1]),
        likelihood.loss(rates, rates),
    )
    torch.testing.assert_close(likelihood.over_dispersed(4).loss(rates, rates) * 4, likelihood.loss(rates, rates))
    kept = likelihood_of(likelihood.to_arrays())
    assert type(kept) is type(likelihood)
    torch.testing.assert_close(kept.loss(rates, rates), likelihood.loss(rates, rates))


@pytest.mark.parametrize("likelihood", KINDS)
def test_slope_and_offset_give_the_likelihood(likelihood):
    rates = 3 * torch.rand(2, 50, generator=torch.Generator().manual_seed(0)) + 0.1
    responses = drawn(likelihood, rates)
    slope, offset = likelihood.natural(rates)
    expected = likelihood.loss(rates, responses)
    torch.testing.assert_close((offset - likelihood.statistic(responses) * slope).sum(), expected)


@pytest.mark.parametrize("likelihood", KINDS)
def test_usual_responses_are_not_limited(likelihood):
    responses = drawn(likelihood, torch.full((2, 400), 1.5))
    limited = likelihood.limited(responses).to_arrays()
    for name, values in likelihood.to_arrays().items():
        np.testing.assert_array_equal(limited[name], values)


@pytest.mark.parametrize("size", [1e3, 1e6])
def test_a_neuron_that_was_taken_for_silent_counts_no_more_than_fifteen_others(size):
    sizes = PoissonLikelihood(torch.ones(9))
    traces = GaussianLikelihood(torch.ones(9), torch.ones(9))
    joint = JointLikelihood.of(sizes, EventLikelihood(torch.ones(9), torch.ones(9)))
    responses = torch.rand(9, 50, generator=torch.Generator().manual_seed(0))
    responses[4, :5] = size
    counts = responses.sum(1) / sizes.limited(responses).dispersion
    assert counts.argmax() == 4
    torch.testing.assert_close(counts.max(), 15 * counts.median())
    torch.testing.assert_close(joint.limited(responses).size_dispersion, sizes.limited(responses).dispersion)
    scattered = responses.var(1, correction=0) / traces.limited(responses).dispersion
    torch.testing.assert_close(scattered.max(), 15 * scattered.median())
    assert (sizes.limited(responses).dispersion == 1).sum() == 8


def test_a_silent_trial_limits_nothing():
    sizes = PoissonLikelihood(torch.tensor([1.0, 2.0]))
    torch.testing.assert_close(sizes.limited(torch.zeros(2, 30)).dispersion, sizes.dispersion)


def test_both_is_the_sum_of_sizes_and_events():
    sizes, events = PoissonLikelihood(torch.tensor([1.0, 2.0])), KINDS[1]
    rates = torch.rand(2, 9, generator=torch.Generator().manual_seed(0)) + 0.1
    responses = torch.poisson(rates, generator=torch.Generator().manual_seed(1))
    parts = sizes.loss(rates, responses) + events.loss(rates, responses)
    torch.testing.assert_close(JointLikelihood.of(sizes, events).loss(rates, responses), parts)


def test_traces_may_be_counted_from_any_level():
    traces = KINDS[2]
    rates = torch.rand(2, 9, generator=torch.Generator().manual_seed(0)).requires_grad_()
    responses = torch.randn(2, 9, generator=torch.Generator().manual_seed(1))
    (slope,) = torch.autograd.grad(traces.loss(rates, responses), rates)
    (shifted,) = torch.autograd.grad(traces.loss(rates + 5, responses + 5), rates)
    torch.testing.assert_close(slope, shifted)


@pytest.mark.parametrize("arrays", [{}, {"dispersion": np.zeros(3)}, {"dispersion": np.full(3, np.nan)}])
def test_impossible_parameters_are_refused(arrays):
    with pytest.raises(ReverieError, match="numbers above 0"):
        likelihood_of(arrays)
