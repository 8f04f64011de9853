import dataclasses

import pytest
import torch
from benchmarks.published_network import PublishedNetwork

from reverie.encoders.dwiseneuro import DwiseNeuro
from reverie.encoders.importing import import_weights
from reverie.encoders.presets import preset


def test_it_is_the_golden_network(golden):
    network = PublishedNetwork(import_weights(golden.checkpoint, animals=["first", "second"]), "second").eval()
    with torch.no_grad():
        rates = network(torch.from_numpy(golden.arrays["network_input"]))
    assert abs(rates.numpy() - golden.arrays["network_output_mouse1"]).max() < 1e-4


@pytest.mark.parametrize("training", [False, True])
def test_rates_loss_and_weight_gradients_are_those_of_the_encoder(training):
    torch.manual_seed(0)
    config = dataclasses.replace(preset("dwiseneuro", "tiny"), dropout=0.0, drop_path=0.0)
    encoder = DwiseNeuro(config, {"mouse": 6}).train(training)
    network = PublishedNetwork(encoder, "mouse").train(training)
    planes = torch.randn(2, 5, 16, 64, 64)
    mine, theirs = encoder.network(planes, "mouse"), network(planes)
    torch.testing.assert_close(mine, theirs, atol=1e-4, rtol=1e-4)
    torch.autograd.backward([mine.square().mean(), theirs.square().mean()])
    for own, other in zip(encoder.parameters(), network.parameters(), strict=True):
        torch.testing.assert_close(own.grad.flatten(), other.grad.flatten(), atol=1e-4, rtol=1e-2)
    assert not {id(weight) for weight in encoder.parameters()} & {id(weight) for weight in network.parameters()}
