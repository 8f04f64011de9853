"""The published architecture written a second time, plainly, and its container, to hold the reader of weights to."""

import math

import torch
from torch.nn import functional

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
