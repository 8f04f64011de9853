import dataclasses

import numpy as np
import pytest
import torch
from torch.nn import functional

from reverie.encoders.dwiseneuro import DwiseNeuro
from reverie.encoders.dwiseneuro_blocks import CoreBlock, drop_branch, tile_channels
from reverie.encoders.dwiseneuro_config import DwiseNeuroConfig
from reverie.encoders.importing import import_weights
from reverie.encoders.prediction import predict
from reverie.foundation.errors import ReverieError

TINY = DwiseNeuroConfig((6, 8), (2, 3), expansion_ratio=2, squeeze_ratio=4, cortex_features=(12,), canvas=(16, 16))


@pytest.fixture(scope="module")
def published(golden):
    return import_weights(golden.checkpoint, animals=["first", "second"])


def tiny(**changes):
    torch.manual_seed(0)
    return DwiseNeuro(dataclasses.replace(TINY, **changes), {"a": 5, "b": 4}, (10, 16))


def test_the_golden_forward_pass(golden, published):
    with torch.no_grad():
        rates = published.network(torch.from_numpy(golden.arrays["network_input"]), "second")
    assert np.abs(rates.numpy() - golden.arrays["network_output_mouse1"]).max() < 1e-4


@pytest.mark.parametrize(("mouse", "key"), [("first", "predicted_mouse0"), ("second", "predicted_mouse1")])
def test_the_golden_sliding_prediction(golden, published, mouse, key):
    rates = predict(published, golden.movie, golden.state, mouse)
    assert np.abs(rates - golden.arrays[key]).max() < 1e-3


def test_a_window_is_two_interleaved_stacks(golden, published):
    movie, state = torch.from_numpy(golden.movie[None, :32]), torch.from_numpy(golden.state[None, :, :32])
    with torch.no_grad():
        rates = published(movie, state, "first")
        planes = published.planes(movie, state)
        odd = published.network(planes[:, :, 1::2], "first")
    assert planes.shape == (1, 5, 32, 64, 64)
    torch.testing.assert_close(rates[:, :, 1::2], odd)


def test_the_canvas_and_planes_of_state_may_be_given_whole(golden, published):
    movie, state = torch.from_numpy(golden.movie[None, :32]), torch.from_numpy(golden.state[None, :, :32])
    planes = published.planes(movie, state)
    with torch.no_grad():
        assert torch.equal(published(planes[:, 0], planes[:, 1:], "first"), published(movie, state, "first"))


def block_in_three_dimensions(block, stacks):
    """The block as the paper describes it: (batch, channel, time, height, width), three-dimensional layers."""

    def layer(features, part, **options):
        weight = part.convolution.weight
        weight = weight[..., None] if part is block.temporal else weight[:, :, None]
        features = functional.conv3d(features, weight, **options)
        return normalise(features, part.norm)

    def normalise(features, norm):
        return functional.batch_norm(features, None, None, norm.weight, norm.bias, training=True)

    middle, (rows, columns) = len(block.spatial.convolution.weight), block.spatial.convolution.kernel_size
    step = block.stride
    stacks = stacks + block.positions.transpose(0, 1)
    features = functional.silu(layer(stacks, block.expansion))
    features = functional.silu(
        layer(features, block.spatial, stride=(1, step, step), padding=(0, rows // 2, columns // 2), groups=middle)
    )
    taps = block.temporal.convolution.kernel_size[0]
    features = functional.silu(layer(features, block.temporal, padding=(taps // 2, 0, 0), groups=middle))
    squeezed = functional.silu(block.squeeze_excite.reduce(features.mean((2, 3, 4))))
    features = features * block.squeeze_excite.expand(squeezed).sigmoid()[:, :, None, None, None]
    features = layer(features, block.projection)
    shortcut = functional.interpolate(stacks, size=features.shape[2:], mode="nearest")
    shortcut = shortcut.repeat(1, -(-features.shape[1] // shortcut.shape[1]), 1, 1, 1)[:, : features.shape[1]]
    return features + normalise(shortcut, block.shortcut_norm)


@pytest.mark.parametrize(("stride", "spatial", "temporal", "outputs"), [(1, 3, 5, 6), (2, 5, 3, 10), (3, 3, 1, 4)])
def test_a_block_in_training_equals_three_dimensional_layers(stride, spatial, temporal, outputs):
    torch.manual_seed(1)
    config = DwiseNeuroConfig(
        stack_frames=4, spatial_kernel=spatial, temporal_kernel=temporal, expansion_ratio=2, squeeze_ratio=3
    )
    block = CoreBlock(6, outputs, config, size=(10, 8), stride=stride, drop_path=0.0)
    stacks = torch.randn(3, 6, 4, 10, 8)
    expected = block_in_three_dimensions(block, stacks)
    merged = stacks.transpose(1, 2).flatten(0, 1).contiguous(memory_format=torch.channels_last)
    found = block(merged)
    torch.testing.assert_close(found, expected.transpose(1, 2).flatten(0, 1), rtol=1e-4, atol=1e-5)


def test_evaluation_folds_the_normalisation_without_changing_the_result():
    encoder = tiny()
    movie, state = 255 * torch.rand(2, 32, 10, 16), torch.rand(2, 4, 32)
    encoder(movie, state, "a")
    encoder.eval()
    for module in encoder.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.normal_(module.weight)
            torch.nn.init.normal_(module.bias)
    part = encoder.blocks[1].spatial
    features = torch.randn(4, 16, 8, 8)
    torch.testing.assert_close(part(features), functional.silu(part.norm(part.convolution(features))))


def test_dropout_and_stochastic_depth_act_in_training_only():
    encoder = tiny(dropout=0.5, drop_path=0.5)
    movie, state = 255 * torch.rand(1, 32, 10, 16), torch.rand(1, 4, 32)
    assert not torch.equal(encoder(movie, state, "a"), encoder(movie, state, "a"))
    encoder.eval()
    assert torch.equal(encoder(movie, state, "a"), encoder(movie, state, "a"))


def test_stochastic_depth_drops_whole_samples_and_keeps_the_mean():
    torch.manual_seed(3)
    dropped = drop_branch(torch.ones(4000 * 2, 3), 0.25, 4000).view(4000, 2, 3)
    assert dropped.unique().tolist() == pytest.approx([0.0, 4 / 3])
    assert torch.equal(dropped[:, 0, 0], dropped[:, 1, 2])
    assert dropped.mean() == pytest.approx(1.0, abs=0.05)


def test_channels_are_tiled_in_order():
    channels = torch.arange(3.0).view(1, 3, 1)
    assert tile_channels(channels, 7).flatten().tolist() == [0, 1, 2, 0, 1, 2, 0]
    assert tile_channels(channels, 2).flatten().tolist() == [0, 1]


def test_each_animal_has_its_own_readout():
    encoder = tiny().eval()
    movie, state = 255 * torch.rand(1, 32, 10, 16), torch.rand(1, 4, 32)
    assert encoder(movie, state, "a").shape == (1, 5, 32)
    assert encoder(movie, state, "b").shape == (1, 4, 32)
    with pytest.raises(ReverieError, match="no readout for animal 'c'"):
        encoder(movie, state, "c")


def test_clips_of_a_wrong_length_or_size_are_refused():
    encoder = tiny().eval()
    with pytest.raises(ReverieError, match="windows of 32 frames but got 30"):
        encoder(torch.zeros(1, 30, 10, 16), torch.zeros(1, 4, 30), "a")
    with pytest.raises(ReverieError, match="made for movies of 10 x 16"):
        encoder(torch.zeros(1, 32, 9, 16), torch.zeros(1, 4, 32), "a")
    with pytest.raises(ReverieError, match="has 31 frames but the encoder needs at least 32"):
        predict(encoder, np.zeros((31, 10, 16), np.float32), np.zeros((4, 31), np.float32), "a")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"spatial_strides": (2,)}, "equally long"),
        ({"core_features": (), "spatial_strides": ()}, "equally long"),
        ({"groups": 0}, "at least 1"),
        ({"spatial_kernel": 4}, "must be odd"),
        ({"groups": 5}, "groups must divide"),
        ({"squeeze_ratio": 100}, "squeeze_ratio"),
        ({"canvas": (8, 8)}, "does not fit"),
    ],
)
def test_impossible_architectures_are_refused(changes, sentence):
    with pytest.raises(ReverieError, match=sentence):
        tiny(**changes)
