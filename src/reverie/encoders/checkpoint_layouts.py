"""Finding the network's weights, and the settings it was built with, in checkpoints of various layouts."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from reverie.encoders.containers import read_container
from reverie.encoders.dwiseneuro_config import DwiseNeuroConfig
from reverie.foundation.errors import ReverieError

FIRST_WEIGHT = "core.stem.0.weight"
"""The release's name of the first weight; wrappers may have put a prefix before it (``module.``, …)."""

USUAL_NAMES = ("nn_state_dict", "state_dict", "model_state_dict", "model")
"""Keys under which training programs store weights; the first that holds a network is used."""

DEPTH = 3
"""How deep a container is searched."""

PUBLISHED = DwiseNeuroConfig()


@dataclass(frozen=True)
class Checkpoint:
    """What a file of weights holds, in the release's own names."""

    weights: Mapping[str, Tensor]
    """Tensors by name, without the prefixes that wrappers add."""
    params: Mapping[str, Any]
    """Settings laid out as in the release: ``nn_module``, ``frame_stack``, ``inputs_processor``."""
    assumed: str = ""
    """One sentence on settings that are not in the file; empty where all are."""


def read_checkpoint(path: Path) -> Checkpoint:
    """Read a released checkpoint, or weights alone, in any of the known layouts; nothing in the file is executed.

    Raises ReverieError when the file cannot be read, holds code, or holds no such network.
    """
    container = read_container(path)
    weights = _find_weights(path, container)
    params = container.get("params")
    if isinstance(params, Mapping) and "nn_module" in params:
        return Checkpoint(weights, params)
    try:
        return _from_weights_alone(path, weights)
    except (KeyError, IndexError, ValueError, ZeroDivisionError) as error:
        raise ReverieError(
            f"{path} is not laid out as a published checkpoint: it holds no settings, and weights that are not those "
            f"of a DwiseNeuro ({error!r})."
        ) from error


def _find_weights(path: Path, container: Mapping[str, Any]) -> dict[str, Tensor]:
    found = dict(_networks(container, "", DEPTH))
    named = [found[name] for name in USUAL_NAMES if name in found]
    if not found:
        raise ReverieError(
            f"{path} is not laid out as a published checkpoint: it holds no weight called {FIRST_WEIGHT}, with which a "
            "DwiseNeuro begins."
        )
    if not named and len(found) > 1:
        raise ReverieError(f"{path} holds several networks ({', '.join(found)}); save only the one you mean.")
    weights = (named or list(found.values()))[0]
    prefixes = [name.removesuffix(FIRST_WEIGHT) for name in weights if name.endswith(FIRST_WEIGHT)]
    if len(prefixes) > 1:
        raise ReverieError(f"{path} holds several networks ({', '.join(prefixes)}); save only the one you mean.")
    (prefix,) = prefixes
    return {name.removeprefix(prefix): weight for name, weight in weights.items() if name.startswith(prefix)}


def _networks(content: Mapping[str, Any], name: str, depth: int) -> Iterator[tuple[str, dict[str, Tensor]]]:
    """Yield (name, tensors) of every mapping that holds the first weight of a network."""
    tensors = {str(key): value for key, value in content.items() if isinstance(value, Tensor)}
    if any(key.endswith(FIRST_WEIGHT) for key in tensors):
        yield name or "the file itself", tensors
    elif depth:
        for key, value in content.items():
            if isinstance(value, Mapping):
                yield from _networks(value, str(key), depth - 1)


def _from_weights_alone(path: Path, weights: Mapping[str, Tensor]) -> Checkpoint:
    """Infer the settings from the shapes of the weights; those that shapes do not show are taken as published."""
    blocks = [f"core.blocks.{index}" for index in _numbers(weights, r"core\.blocks\.(\d+)\.conv_pw\.0\.weight")]
    layers = [f"cortex.layers.{index}" for index in _numbers(weights, r"cortex\.layers\.(\d+)\.conv\.weight")]
    readouts = [f"readouts.{index}" for index in _numbers(weights, r"readouts\.(\d+)\.layer\.1\.weight")]
    wide, narrow = zip(*(weights[f"{block}.conv_pw.0.weight"].shape[:2] for block in blocks), strict=True)
    squeezed = [weights[f"{block}.se.conv_reduce.weight"].shape[0] for block in blocks]
    outputs = [weights[f"{layer}.conv.weight"].shape[0] for layer in layers]
    last = weights[f"{(layers or readouts)[0]}.{'conv' if layers else 'layer.1'}.weight"]
    strides = _published_strides(narrow)
    settings = {
        "readout_outputs": [weights[f"{readout}.layer.1.weight"].shape[0] for readout in readouts],
        "in_channels": weights[FIRST_WEIGHT].shape[1],
        "core_features": narrow,
        "spatial_strides": strides,
        "spatial_kernel": weights[f"{blocks[0]}.spat_covn_dw.0.weight"].shape[-1],
        "temporal_kernel": weights[f"{blocks[0]}.temp_covn_dw.0.weight"].shape[2],
        "expansion_ratio": wide[0] // narrow[0],
        "se_reduce_ratio": _squeeze_ratio(wide, squeezed),
        "cortex_features": outputs,
        "groups": weights[f"{blocks[-1]}.conv_pwl.0.weight"].shape[0] // last.shape[1],
        "softplus_beta": PUBLISHED.softplus_beta,
        "drop_rate": PUBLISHED.dropout,
        "drop_path_rate": PUBLISHED.drop_path,
    }
    height, width = PUBLISHED.canvas
    params = {
        "nn_module": ("dwiseneuro", settings),
        "frame_stack": {"size": PUBLISHED.stack_frames, "step": PUBLISHED.frame_step},
        "inputs_processor": ("stack_inputs", {"size": (width, height), "pad_fill_value": PUBLISHED.padding}),
    }
    assumed = (
        f"{path} holds weights alone; what they do not say is taken as published: spatial strides {strides}, stacks "
        f"of {PUBLISHED.stack_frames} frames {PUBLISHED.frame_step} apart, planes of {width} x {height} pixels, "
        f"softplus beta {PUBLISHED.softplus_beta}, neurons (unless given) up to a multiple of {settings['groups']}."
    )
    return Checkpoint(weights, params, assumed)


def _numbers(weights: Mapping[str, Tensor], pattern: str) -> list[int]:
    return sorted(int(found[1]) for name in weights if (found := re.fullmatch(pattern, name)))


def _published_strides(features: tuple[int, ...]) -> tuple[int, ...]:
    """Return the strides by the rule of the published network: 2 at its start and where the number of features grows.

    >>> _published_strides(PUBLISHED.core_features) == PUBLISHED.spatial_strides
    True
    """
    before = (0, *features)
    return tuple(2 if now > earlier else 1 for earlier, now in zip(before, features, strict=False))


def _squeeze_ratio(wide: tuple[int, ...], squeezed: list[int]) -> int:
    """Return a squeeze ratio that gives gates of these widths; where several do, they give the same network."""
    pairs = list(zip(wide, squeezed, strict=True))
    return next(ratio for ratio in range(1, max(wide) + 1) if all(full // ratio == few for full, few in pairs))
