import torch

from reverie.inversion.fidelity import poisson, squared_error


def test_poisson_is_least_where_rates_are_the_responses():
    responses = torch.rand(3, 5, 7, generator=torch.Generator().manual_seed(0)) + 0.5
    rates = responses.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(poisson(rates, responses).sum(), rates)
    assert gradient.abs().max() < 1e-6


def test_silence_is_finite():
    assert torch.isfinite(poisson(torch.zeros(2, 3), torch.ones(2, 3)))


def test_each_clip_has_its_own_mean():
    rates, responses = torch.rand(2, 4, 5, 6, generator=torch.Generator().manual_seed(1)).unbind(0)
    for fidelity in (poisson, squared_error):
        together = fidelity(rates, responses)
        one_by_one = [fidelity(rate, response) for rate, response in zip(rates, responses, strict=True)]
        assert torch.allclose(together, torch.stack(one_by_one))
