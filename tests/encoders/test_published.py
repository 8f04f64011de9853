import math
import os
import pickle

import pytest
import torch
from torch.nn import functional

from reverie.encoders.published import PUBLISHED_ANIMALS, import_published, name_readouts
from reverie.foundation.errors import ReverieError

SETTINGS = {
    "in_channels": 5,
    "spatial_kernel": 3,
    "temporal_kernel": 5,
    "softplus_beta": 0.07,
    "drop_rate": 0.4,
    "drop_path_rate": 0.1,
}
ARCHITECTURES = {
    "other widths and strides": {
        **SETTINGS,
        "readout_outputs": [5, 3, 7],
        "core_features": (6, 10, 16, 12),
        "spatial_strides": (4, 1, 3, 2),
        "expansion_ratio": 2,
        "se_reduce_ratio": 3,
        "cortex_features": (20, 8, 36),
        "groups": 4,
    },
    "lists, other kernels, one group": {
        **SETTINGS,
        "spatial_kernel": 5,
        "temporal_kernel": 3,
        "softplus_beta": 0.5,
        "readout_outputs": (4,),
        "core_features": [7],
        "spatial_strides": [2],
        "expansion_ratio": 5,
        "se_reduce_ratio": 8,
        "cortex_features": [9],
        "groups": 1,
    },
    "settings left to their defaults": {
        "readout_outputs": (6, 6),
        "in_channels": 5,
        "core_features": (16, 32),
        "spatial_strides": (4, 2),
        "cortex_features": (32, 16),
    },
}
DEFAULTS = {
    "spatial_kernel": 3,
    "temporal_kernel": 3,
    "expansion_ratio": 3,
    "se_reduce_ratio": 16,
    "groups": 4,
    "softplus_beta": 1,
}


def weight_shapes(s):
    """Names and shapes of a released network's weights."""
    shapes = {}

    def norm(name, channels):
        for part in ("weight", "bias", "running_mean", "running_var"):
            shapes[f"{name}.bn.{part}"] = (channels,)
        shapes[f"{name}.bn.num_batches_tracked"] = ()

    def layer(name, shape):
        shapes[f"{name}.0.weight"] = shape
        norm(f"{name}.1", shape[0])

    core, cortex = tuple(s["core_features"]), tuple(s["cortex_features"])
    layer("core.stem", (core[0], 5, 1, 1, 1))
    for index, (inputs, outputs) in enumerate(zip(core, (*core[1:], core[-1]), strict=True)):
        middle, block = inputs * s["expansion_ratio"], f"core.blocks.{2 * index + 1}"
        shapes[f"core.blocks.{2 * index}.inv_freq"] = (math.ceil(inputs / 6),)
        layer(f"{block}.conv_pw", (middle, inputs, 1, 1, 1))
        layer(f"{block}.spat_covn_dw", (middle, 1, 1, s["spatial_kernel"], s["spatial_kernel"]))
        layer(f"{block}.temp_covn_dw", (middle, 1, s["temporal_kernel"], 1, 1))
        reduced = middle // s["se_reduce_ratio"]
        shapes[f"{block}.se.conv_reduce.weight"], shapes[f"{block}.se.conv_reduce.bias"] = (
            (reduced, middle, 1, 1, 1),
            (reduced,),
        )
        shapes[f"{block}.se.conv_expand.weight"], shapes[f"{block}.se.conv_expand.bias"] = (
            (middle, reduced, 1, 1, 1),
            (middle,),
        )
        layer(f"{block}.conv_pwl", (outputs, middle, 1, 1, 1))
        norm(f"{block}.bn_sc", outputs)
    for index, (inputs, outputs) in enumerate(zip((core[-1], *cortex), cortex, strict=False)):
        shapes[f"cortex.layers.{index}.conv.weight"] = (outputs, inputs // s["groups"], 1)
        norm(f"cortex.layers.{index}.bn", outputs)
        norm(f"cortex.layers.{index}.bn_sc", outputs)
    for index, neurons in enumerate(s["readout_outputs"]):
        padded = math.ceil(neurons / s["groups"]) * s["groups"]
        shapes[f"readouts.{index}.layer.1.weight"] = (padded, cortex[-1] // s["groups"], 1)
        shapes[f"readouts.{index}.layer.1.bias"] = (padded,)
    return shapes


def random_weights(s, seed):
    generator = torch.Generator().manual_seed(seed)
    weights = {}
    for name, shape in weight_shapes(s).items():
        if name.endswith("num_batches_tracked"):
            weights[name] = torch.tensor(3)
        elif name.endswith("running_var"):
            weights[name] = 0.5 + torch.rand(shape, generator=generator)
        else:
            fan_in = max(1, math.prod(shape[1:]))
            weights[name] = torch.randn(shape, generator=generator) / fan_in**0.5
    return weights


def plain_forward(s, w, planes, mouse):
    """The released network in evaluation mode, spelled out layer by layer in three dimensions."""

    def norm(x, name):
        parts = [w[f"{name}.bn.{part}"] for part in ("running_mean", "running_var", "weight", "bias")]
        return functional.batch_norm(x, *parts)

    def layer(x, name, **options):
        return norm(functional.conv3d(x, w[f"{name}.0.weight"], **options), f"{name}.1")

    def tile(x, channels):
        return torch.cat([x] * math.ceil(channels / x.shape[1]), 1)[:, :channels]

    def positions(channels, shape):
        frequencies = torch.tensor([10000 ** (-i / math.ceil(channels / 6)) for i in range(math.ceil(channels / 6))])
        axes = []
        for axis, length in enumerate(shape):
            angles = frequencies[:, None] * torch.arange(length)
            view = [1, 1, 1]
            view[axis] = length
            axes.append(torch.cat([angles.sin(), angles.cos()]).view(-1, *view).expand(-1, *shape))
        return torch.cat(axes)[:channels]

    x = layer(planes, "core.stem")
    for index, stride in enumerate(s["spatial_strides"]):
        name = f"core.blocks.{2 * index + 1}"
        x = x + positions(x.shape[1], x.shape[2:])
        y = functional.silu(layer(x, f"{name}.conv_pw"))
        middle, pad = y.shape[1], s["spatial_kernel"] // 2
        y = layer(y, f"{name}.spat_covn_dw", stride=(1, stride, stride), padding=(0, pad, pad), groups=middle)
        y = layer(functional.silu(y), f"{name}.temp_covn_dw", padding=(s["temporal_kernel"] // 2, 0, 0), groups=middle)
        y = functional.silu(y)
        gate = y.mean((2, 3, 4), keepdim=True)
        gate = functional.silu(
            functional.conv3d(gate, w[f"{name}.se.conv_reduce.weight"], w[f"{name}.se.conv_reduce.bias"])
        )
        gate = functional.conv3d(gate, w[f"{name}.se.conv_expand.weight"], w[f"{name}.se.conv_expand.bias"])
        y = layer(y * gate.sigmoid(), f"{name}.conv_pwl")
        x = functional.interpolate(x, size=y.shape[2:], mode="nearest")
        x = y + norm(tile(x, y.shape[1]), f"{name}.bn_sc")
    x = x.mean((3, 4))
    for index, channels in enumerate(s["cortex_features"]):
        name = f"cortex.layers.{index}"
        y = functional.conv1d(x, w[f"{name}.conv.weight"], groups=s["groups"])
        y = functional.silu(norm(y, f"{name}.bn"))
        order = torch.arange(channels).view(s["groups"], -1).T.flatten()
        x = y[:, order] + norm(tile(x, channels), f"{name}.bn_sc")
    name = f"readouts.{mouse}.layer.1"
    y = functional.conv1d(x, w[f"{name}.weight"], w[f"{name}.bias"], groups=s["groups"])
    return functional.softplus(y[:, : s["readout_outputs"][mouse]], beta=s["softplus_beta"])


def write_container(path, settings, weights, **params):
    content = {
        "model_name": "MouseModel",
        "params": {
            "nn_module": ("dwiseneuro", settings),
            "frame_stack": {"size": 8, "step": 3, "position": "last"},
            "inputs_processor": ("stack_inputs", {"size": (64, 48), "pad_fill_value": 7.0}),
            **params,
        },
        "nn_state_dict": weights,
    }
    torch.save(content, path)
    return path


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_any_architecture_in_the_container_is_read(tmp_path, name):
    settings = ARCHITECTURES[name]
    known = {**DEFAULTS, **settings}
    weights = random_weights(known, seed=5)
    names = [f"animal {index}" for index in range(len(settings["readout_outputs"]))]
    encoder = import_published(write_container(tmp_path / "weights.pth", settings, weights), names)
    assert not encoder.training
    assert encoder.mice == dict(zip(names, settings["readout_outputs"], strict=True))
    assert (encoder.window, encoder.canvas, encoder.config.padding) == (24, (48, 64), 7.0)
    planes = torch.randn(2, 5, 8, 48, 64, generator=torch.Generator().manual_seed(6))
    with torch.no_grad():
        for mouse, animal in enumerate(names):
            expected = plain_forward(known, weights, planes, mouse)
            torch.testing.assert_close(encoder.network(planes, animal), expected, rtol=1e-4, atol=1e-5)


class Payload:
    """Unpickled the unguarded way, this would create a file."""

    def __init__(self, target):
        self.target = target

    def __reduce__(self):
        return os.system, (f"touch {self.target}",)


@pytest.mark.parametrize("writer", ["torch", "pickle"])
def test_a_pickle_with_code_in_it_is_refused_and_not_run(tmp_path, writer):
    target, path = tmp_path / "harm", tmp_path / "malicious.pth"
    content = {"params": {}, "nn_state_dict": {}, "surprise": Payload(target)}
    if writer == "torch":
        torch.save(content, path)
    else:
        path.write_bytes(pickle.dumps(content))
    with pytest.raises(ReverieError, match=r"refused.*execute code"):
        import_published(path, ["a"])
    assert not target.exists()


@pytest.mark.parametrize("junk", [b"", b"not a checkpoint at all", b"PK\x03\x04 half a zip", b"\x80\x02"])
def test_junk_is_refused(tmp_path, junk):
    path = tmp_path / "junk.pth"
    path.write_bytes(junk)
    with pytest.raises(ReverieError, match=r"junk\.pth"):
        import_published(path, ["a"])


def test_a_missing_file_a_folder_and_a_truncated_file_are_refused(golden, tmp_path):
    with pytest.raises(ReverieError, match="is missing"):
        import_published(tmp_path / "nothing.pth", ["a"])
    with pytest.raises(ReverieError, match="could not be read"):
        import_published(tmp_path, ["a"])
    cut = tmp_path / "cut.pth"
    cut.write_bytes(golden.checkpoint.read_bytes()[:40000])
    with pytest.raises(ReverieError, match=r"cut\.pth"):
        import_published(cut, ["a", "b"])


def test_other_contents_are_refused(tmp_path):
    settings = {**DEFAULTS, **ARCHITECTURES["settings left to their defaults"]}
    weights = random_weights(settings, seed=1)
    torch.save([1, 2], tmp_path / "list.pth")
    torch.save({"state_dict": weights}, tmp_path / "other.pth")
    write_container(tmp_path / "kind.pth", settings, weights, nn_module=("uneuro", settings))
    write_container(tmp_path / "strings.pth", settings, dict.fromkeys(weights, "weight"))
    write_container(tmp_path / "planes.pth", {**settings, "in_channels": 1}, weights)
    write_container(tmp_path / "shape.pth", {**settings, "readout_outputs": (6, 10)}, weights)
    write_container(tmp_path / "lacking.pth", settings, dict(list(weights.items())[:-1]))
    for name, sentence in {
        "list": "holds a list",
        "other": "not laid out as",
        "kind": "'uneuro'",
        "strings": "not laid out as",
        "planes": "1 picture planes",
        "shape": "was expected",
        "lacking": "has no counterpart",
    }.items():
        with pytest.raises(ReverieError, match=sentence):
            import_published(tmp_path / f"{name}.pth", ["a", "b"])


def test_names_must_match_the_readouts(golden):
    with pytest.raises(ReverieError, match=r"has 2 readouts \(37, 41 neurons\), but 1 different names"):
        import_published(golden.checkpoint, ["a"])
    with pytest.raises(ReverieError, match="but 1 different names"):
        import_published(golden.checkpoint, ["a", "a"])
    with pytest.raises(ReverieError, match=r"not the published animals; name them"):
        import_published(golden.checkpoint)


def test_published_readouts_are_named_by_their_neuron_counts(tmp_path):
    assert name_readouts(tmp_path, list(PUBLISHED_ANIMALS.values()), None) == PUBLISHED_ANIMALS
    backwards = list(PUBLISHED_ANIMALS.values())[::-1]
    assert list(name_readouts(tmp_path, backwards, None)) == list(PUBLISHED_ANIMALS)[::-1]
