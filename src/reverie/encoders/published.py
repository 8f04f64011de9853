"""Building an encoder from released weights: those of the Sensorium 2023 winner and of the paper."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from torch import Tensor

from reverie.encoders.checkpoint_layouts import Checkpoint
from reverie.encoders.dwiseneuro import DwiseNeuro
from reverie.encoders.dwiseneuro_config import DwiseNeuroConfig
from reverie.encoders.stacks import PLANES
from reverie.foundation.errors import ReverieError

PUBLISHED_ANIMALS = {
    "dynamic29515-10-12-Video-9b4f6a1a067fe51e15306b9628efea20": 7863,
    "dynamic29623-4-9-Video-9b4f6a1a067fe51e15306b9628efea20": 7908,
    "dynamic29647-19-8-Video-9b4f6a1a067fe51e15306b9628efea20": 8202,
    "dynamic29712-5-9-Video-9b4f6a1a067fe51e15306b9628efea20": 7939,
    "dynamic29755-2-8-Video-9b4f6a1a067fe51e15306b9628efea20": 8122,
    "dynamic29156-11-10-Video-8744edeac3b4d1ce16b680916b5267ce": 7440,
    "dynamic29228-2-10-Video-8744edeac3b4d1ce16b680916b5267ce": 7928,
    "dynamic29234-6-9-Video-8744edeac3b4d1ce16b680916b5267ce": 8285,
    "dynamic29513-3-5-Video-8744edeac3b4d1ce16b680916b5267ce": 7671,
    "dynamic29514-2-9-Video-8744edeac3b4d1ce16b680916b5267ce": 7495,
}
"""Neurons of the ten animals of Sensorium 2023; no two counts are equal, so the size of a readout identifies the
animal."""

SETTINGS: dict[str, tuple[str, Callable[[Any], Any], Any]] = {
    "core_features": ("core_features", tuple, (64, 128, 256, 512)),
    "spatial_strides": ("spatial_strides", tuple, (2, 2, 2, 2)),
    "spatial_kernel": ("spatial_kernel", int, 3),
    "temporal_kernel": ("temporal_kernel", int, 3),
    "expansion_ratio": ("expansion_ratio", int, 3),
    "se_reduce_ratio": ("squeeze_ratio", int, 16),
    "cortex_features": ("cortex_features", tuple, (4096, 4096)),
    "groups": ("groups", int, 4),
    "softplus_beta": ("softplus_beta", float, 1),
    "drop_rate": ("dropout", float, 0.0),
    "drop_path_rate": ("drop_path", float, 0.0),
}
"""The release's names of an architecture's settings, each with our name, its type, and the release's default."""

WEIGHT_NAMES = (
    ("core.stem.0.", "stem.convolution."),
    ("core.stem.1.bn.", "stem.norm."),
    (".bn_sc.bn.", ".shortcut_norm."),
    (".conv_pwl.0.", ".projection.convolution."),
    (".conv_pwl.1.bn.", ".projection.norm."),
    (".conv_pw.0.", ".expansion.convolution."),
    (".conv_pw.1.bn.", ".expansion.norm."),
    (".spat_covn_dw.0.", ".spatial.convolution."),
    (".spat_covn_dw.1.bn.", ".spatial.norm."),
    (".temp_covn_dw.0.", ".temporal.convolution."),
    (".temp_covn_dw.1.bn.", ".temporal.norm."),
    (".se.conv_", ".squeeze_excite."),
    ("core.blocks.", "blocks."),
    ("cortex.layers.", "cortex."),
    (".conv.", ".convolution."),
    (".bn.bn.", ".norm."),
    (".layer.1.", ".convolution."),
)
"""Parts of the release's names of weights, each with ours, in the order in which they are replaced."""


def build_encoder(
    path: Path, checkpoint: Checkpoint, animals: Sequence[str] | None, neurons: Sequence[int] | None
) -> DwiseNeuro:
    """Build the network that a checkpoint describes and give it its weights; the encoder is in evaluation mode.

    Parameters
    ----------
    path
        Where the checkpoint lies, for messages.
    checkpoint
        What it holds.
    animals
        Names of the readouts, in order; None when the readouts' neuron counts are those of the ten animals
        of Sensorium 2023.
    neurons
        Number of neurons of each readout, for weights alone, which show it only rounded up to a multiple of the groups.

    Raises
    ------
    ReverieError
        When it is not such a network, holds NaN, or has another number of readouts than there are names.
    """
    try:
        return _build(path, checkpoint, animals, neurons).eval()
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, RuntimeError) as error:
        raise ReverieError(
            f"{path} is not laid out as a published checkpoint ({error!r}); expected params, with nn_module, and "
            "nn_state_dict."
        ) from error


def _is_weight(name: str, weight: Tensor) -> bool:
    """Return whether a tensor holds real numbers, or is one of the buffers, which may hold counts."""
    return weight.is_floating_point() or not (weight.is_complex() or name.endswith(("weight", "bias")))


def _build(
    path: Path, checkpoint: Checkpoint, animals: Sequence[str] | None, neurons: Sequence[int] | None
) -> DwiseNeuro:
    odd = [name for name, weight in checkpoint.weights.items() if not _is_weight(name, weight)]
    if odd:
        raise ReverieError(
            f"{path} holds {checkpoint.weights[odd[0]].dtype} in the weight {odd[0]!r}, where real numbers were "
            "expected; save it as float32."
        )
    params = checkpoint.params
    kind, settings = params["nn_module"]
    if kind != "dwiseneuro":
        raise ReverieError(f"{path} holds a network of kind {kind!r}; only 'dwiseneuro' can be imported.")
    if settings["in_channels"] != PLANES:
        raise ReverieError(
            f"{path} takes {settings['in_channels']} picture planes; only networks of {PLANES} can be imported."
        )
    counts = [int(count) for count in settings["readout_outputs"]]
    config = translate_config(params, settings)
    if checkpoint.assumed:
        counts = _exact_counts(path, counts, neurons, config.groups)
    encoder = DwiseNeuro(config, name_readouts(path, counts, animals))
    fill_weights(encoder, checkpoint.weights, path)
    return encoder


def _exact_counts(path: Path, rounded: list[int], neurons: Sequence[int] | None, groups: int) -> list[int]:
    """Return the number of neurons of each readout, which weights show only rounded up to a multiple of the groups."""
    if neurons is None:
        published = {-(-count // groups) * groups: count for count in PUBLISHED_ANIMALS.values()}
        return [published.get(count, count) for count in rounded]
    if [-(-count // groups) * groups for count in neurons] != rounded:
        fitting = ", ".join(f"{max(1, count - groups + 1)} to {count}" for count in rounded)
        raise ReverieError(
            f"{path} has {len(rounded)} readouts of {fitting} neurons, but {', '.join(map(str, neurons))} was given."
        )
    return list(neurons)


def translate_config(params: Mapping[str, Any], settings: Mapping[str, Any]) -> DwiseNeuroConfig:
    """Turn the release's settings into ours."""
    translated = {ours: kind(settings.get(theirs, default)) for theirs, (ours, kind, default) in SETTINGS.items()}
    stack, processor = params["frame_stack"], params["inputs_processor"][1]
    width, height = processor["size"]
    return DwiseNeuroConfig(
        **translated,
        stack_frames=int(stack["size"]),
        frame_step=int(stack["step"]),
        canvas=(int(height), int(width)),
        padding=float(processor.get("pad_fill_value", 0.0)),
    )


def name_readouts(path: Path, neurons: list[int], animals: Sequence[str] | None) -> dict[str, int]:
    """Give each readout its animal's name."""
    counts = ", ".join(map(str, neurons))
    if animals is None:
        names = {count: animal for animal, count in PUBLISHED_ANIMALS.items()}
        if len(set(neurons)) < len(neurons) or not set(neurons) <= set(names):
            raise ReverieError(
                f"{path} has {len(neurons)} readouts ({counts} neurons), which are not the published animals; name "
                "them in this order with --animals."
            )
        return {names[count]: count for count in neurons}
    if len(animals) != len(neurons) or len(set(animals)) != len(animals):
        raise ReverieError(
            f"{path} has {len(neurons)} readouts ({counts} neurons), but {len(set(animals))} different names were "
            "given; give one name for each readout, in this order."
        )
    return dict(zip(animals, neurons, strict=True))


def fill_weights(encoder: DwiseNeuro, weights: Mapping[str, Tensor], path: Path) -> None:
    """Copy the weights under their new names; axes of length 1 may differ, for we convolve in two dimensions."""
    ours = encoder.state_dict()
    renamed = {rename(name): tensor for name, tensor in weights.items() if not name.endswith(".inv_freq")}
    counters = {name: count for name, count in ours.items() if name.endswith(".num_batches_tracked")}
    renamed = counters | renamed  # early versions of torch saved no counters, and evaluation does not depend on them
    unmatched = sorted(ours.keys() ^ renamed.keys())
    if unmatched:
        raise ReverieError(f"{path} does not fit its own description: the weight {unmatched[0]!r} has no counterpart.")
    for name, tensor in renamed.items():
        if not tensor.isfinite().all():
            raise ReverieError(f"{path} holds NaN or infinity in the weight {name!r}; take another checkpoint.")
        if [length for length in tensor.shape if length > 1] != [length for length in ours[name].shape if length > 1]:
            raise ReverieError(
                f"{path} does not fit its own description: the weight {name!r} is {tuple(tensor.shape)}, where "
                f"{tuple(ours[name].shape)} was expected."
            )
    encoder.load_state_dict({name: tensor.reshape(ours[name].shape) for name, tensor in renamed.items()})


def rename(name: str) -> str:
    """Turn the release's name of a weight into ours.

    >>> rename("core.blocks.3.temp_covn_dw.1.bn.weight")
    'blocks.1.temporal.norm.weight'
    """
    for theirs, ours in WEIGHT_NAMES:
        name = name.replace(theirs, ours)
    first, number, *rest = name.split(".")
    if first == "blocks":
        # The release counts its positional encodings, which have no weights, as blocks of their own.
        name = ".".join([first, str(int(number) // 2), *rest])
    return name
