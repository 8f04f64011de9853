import torch

from reverie.encoders.dwiseneuro_blocks import SqueezeExcite
from reverie.encoders.fast.block import Gate


def test_the_gate_and_its_gradient_are_those_of_the_module():
    torch.manual_seed(0)
    module = SqueezeExcite(6, 3)
    features = torch.randn(4, 6, 2, 5, requires_grad=True)
    weights = torch.randn(4, 6, 2, 5)
    gated = module(features, 2)
    (expected,) = torch.autograd.grad((weights * gated).sum(), features)

    gate, means = Gate(module), features.detach().mean((2, 3)).view(2, 2, 6).mean(1)
    scale = gate.forward(means).repeat_interleave(2, 0)[:, :, None, None]
    torch.testing.assert_close(features * scale, gated)
    by_gate = (weights * gated).detach().view(2, 2, 6, 10).sum((1, 3))
    share = gate.backward(by_gate, means).repeat_interleave(2, 0)[:, :, None, None] / 20
    torch.testing.assert_close(weights * scale + share, expected)
