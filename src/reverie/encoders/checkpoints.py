"""Encoders on the disk: a folder with a readable description and the weights, nothing that could execute."""

import dataclasses
import hashlib
import inspect
import math
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import FunctionType
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save

from reverie.encoders.contract import Encoder
from reverie.encoders.registry import BUILT_IN, build, find_architecture, name_architecture
from reverie.foundation.devices import choose_device, torch_defaults
from reverie.foundation.errors import BadInput, ReverieError, reading_foreign, reading_kept
from reverie.foundation.files import read_record, write_bytes, write_record
from reverie.foundation.fingerprints import bytes_digest, digest_of, file_digest
from reverie.foundation.folders import is_left_behind
from reverie.foundation.placeholders import read_start
from reverie.foundation.requests import LARGEST_COUNT, given_path
from reverie.recordings.reading import LARGEST_FRAME

DESCRIPTION = "encoder.json"
WEIGHTS = "weights.safetensors"
WEIGHTS_DIGEST = "weights_digest"
"""Key, in a description, of the digest of the file of weights beside it, by which a damaged file is noticed."""

LIBRARIES = sys.stdlib_module_names | {"torch", "reverie"}
"""Packages whose classes do not change while somebody works on an encoder."""

FORMAT = "reverie encoder"
VERSION = 1


def save_encoder(encoder: Encoder, folder: Path, about: Mapping[str, Any] | None = None) -> None:
    """Write an encoder to a folder, each file whole or not at all.

    Parameters
    ----------
    about
        Further facts about the encoder (how it was trained, its scores), in types that JSON can hold.

    Raises
    ------
    ReverieError
        When the architecture is not registered or the folder cannot be written.
    """
    weights = save(_tensors(encoder))
    description = {**_describe(encoder), WEIGHTS_DIGEST: bytes_digest(weights), "about": dict(about or {})}
    write_bytes(folder / WEIGHTS, weights)
    write_record(folder / DESCRIPTION, description)


def left_unfinished(folder: Path, encoder: Encoder) -> bool:
    """Return whether a folder holds an encoder's weights but no description, as a killed ``save_encoder`` leaves it."""
    weights = folder / WEIGHTS
    alone = [path for path in folder.iterdir() if not is_left_behind(path)] == [weights]
    return alone and file_digest(weights) == bytes_digest(save(_tensors(encoder)))


@torch_defaults()
def load_encoder(folder: Path | str, device: torch.device | str = "cpu") -> Encoder:
    """Read an encoder back, bit for bit, in evaluation mode.

    Parameters
    ----------
    folder
        Where ``train`` or ``import_weights`` left it: a readable description and the weights, no pickle.
    device
        Where its weights go, such as cpu or cuda.

    Raises
    ------
    ReverieError
        When a file is missing, damaged, foreign, or the two do not belong together.
    """
    folder = given_path(folder, "An encoder")
    description, weights_path = read_description(folder), folder / WEIGHTS
    weights = read_weights(weights_path, description.get(WEIGHTS_DIGEST))
    most = min(LARGEST_COUNT, max(LARGEST_FRAME, sum(tensor.numel() for tensor in weights.values())))
    with reading_kept(folder / DESCRIPTION, "save the encoder again"):
        _require_sizes(description, most, folder / DESCRIPTION)
        size = description["frame_size"]
        mice = {str(name): int(neurons) for name, neurons in description["mice"].items()}
        architecture, config = description["architecture"], description["config"]
        encoder = build(architecture, config, mice, (int(size[0]), int(size[1])))
    try:
        encoder.load_state_dict(weights)
    except RuntimeError as error:
        raise ReverieError(
            f"{weights_path} does not fit the encoder described beside it (of an earlier version?); train, import "
            "or simulate it again."
        ) from error
    with reading_foreign(folder / DESCRIPTION, "make its entry 'about' as it was, or save the encoder again"):
        # Absolute, since what is fitted is kept in it, from wherever a notebook works by then.
        encoder.folder, encoder.about = folder.absolute(), _about(description.get("about", {}))
    return encoder.to(choose_device(str(device))).eval()


def _require_sizes(description: Mapping[str, Any], most: int, place: Path) -> None:
    """Raise BadInput when a size is so absurd that building the encoder would exhaust the memory, or fail anyhow.

    Settings of a user's own architecture may be numbers of any kind, and are left to it.

    Parameters
    ----------
    most
        The number of weights or of pixels along the largest frame, whichever is larger: no size exceeds it.
    """
    named = {
        "frame_size": description["frame_size"],
        **{f"mice: {name}": count for name, count in description["mice"].items()},
    }
    fewest: dict[str, int] = {}
    if description["architecture"] in BUILT_IN:
        fewest = _counts(find_architecture(description["architecture"]).config)
        named |= {name: value for name, value in description["config"].items() if name in fewest}
    for name, value in named.items():
        least = fewest.get(name, 1)
        for number in value if isinstance(value, list) else [value]:
            if isinstance(number, int) and not isinstance(number, bool) and not least <= number <= most:
                raise BadInput(
                    f"In {place}, {name} is {value}, but its numbers must be from {least} to {most}; copy or save the "
                    "encoder again."
                )


def _counts(config: type) -> dict[str, int]:
    """Return the smallest number of each setting that is a count: 0 of parts that an encoder may lack, else 1.

    Of others, such as a dropout of 0, an integer is no size.
    """
    defaults = {
        setting.name: setting.default for setting in dataclasses.fields(config) if not setting.name.endswith("seed")
    }
    return {
        name: 0 if default == 0 else 1
        for name, default in defaults.items()
        if all(type(number) is int for number in (default if isinstance(default, tuple) else (default,)))
    }


def _about(said: Mapping[str, Any]) -> dict[str, Any]:
    """Return the facts about an encoder from its description; the frame rates, the only ones used, are checked."""
    rates = {str(animal): float(rate) for animal, rate in dict(said.get("frame_rates", {})).items()}
    if not all(0 < rate < math.inf for rate in rates.values()):
        raise ValueError("frame rates are numbers above 0")
    return {**said, "frame_rates": rates} if rates else dict(said)


def encoder_digest(encoder: Encoder) -> str:
    """Return the hash of an encoder's architecture and weights; its folder and the facts about it do not matter."""
    described = {**_describe(encoder), "weights": hashlib.sha256(save(_tensors(encoder))).hexdigest()}
    if described["architecture"] not in BUILT_IN:
        described["code"] = _code_of(encoder)
    return digest_of(described)


def _code_of(encoder: Encoder) -> list[str]:
    """Return the source of the classes of a user's encoder, its layers and bases, except those of torch and reverie."""
    kinds = {kind for module in encoder.modules() for kind in type(module).__mro__}
    return sorted(_source(kind) for kind in kinds if kind.__module__.partition(".")[0] not in LIBRARIES)


def _source(kind: type) -> str:
    """Return the source of a class, which changes while a user works on it; empty where it is not available."""
    known = []
    parts: list[type | FunctionType] = [kind, *filter(inspect.isfunction, vars(kind).values())]
    for part in parts:  # in a notebook, functions have a source, classes do not
        with suppress(OSError, TypeError, SyntaxError):  # the file may have been edited since
            known.append(inspect.getsource(part))
    return "".join(known)


def _describe(encoder: Encoder) -> dict[str, Any]:
    architecture, config = name_architecture(encoder), getattr(encoder, "config", None)
    if not dataclasses.is_dataclass(config) or isinstance(config, type):
        raise ReverieError(
            f"{type(encoder).__name__} keeps no settings; let its __init__ keep those it is given, a dataclass, as "
            "self.config."
        )
    return {
        "format": FORMAT,
        "version": VERSION,
        "architecture": architecture,
        "config": dataclasses.asdict(config),
        "mice": encoder.mice,
        "frame_size": encoder.frame_size,
    }


def _tensors(encoder: Encoder) -> dict[str, torch.Tensor]:
    return {
        name: tensor.detach().cpu().clone(memory_format=torch.contiguous_format)
        for name, tensor in encoder.state_dict().items()
    }


def read_description(folder: Path) -> dict[str, Any]:
    """Read the description of an encoder folder and check that it is one this version can read."""
    if not (folder / DESCRIPTION).is_file():
        raise ReverieError(f"{folder} is not the folder of an encoder (it has no {DESCRIPTION}); train or import one.")
    description = read_record(folder / DESCRIPTION)
    if description.get("format") != FORMAT:
        raise ReverieError(f"{folder / DESCRIPTION} does not describe an encoder; is this the folder you meant?")
    if description.get("version") != VERSION:
        raise ReverieError(
            f"{folder} was saved in format version {description.get('version')} but this program reads version "
            f"{VERSION}; train or import the encoder again."
        )
    return description


def read_weights(path: Path, expected: str | None = None) -> dict[str, torch.Tensor]:
    """Read named tensors; raises ReverieError when the file is missing, damaged or has another digest than expected."""
    read_start(path)
    try:
        content = path.read_bytes()
        weights = load(content)
    except (OSError, SafetensorError, ValueError, KeyError) as error:
        raise ReverieError(f"{path} could not be read as weights ({error}); copy or save it again.") from error
    if expected is not None and expected != bytes_digest(content):
        raise ReverieError(
            f"{path} does not hold the weights that were saved with the description beside it, so it was damaged or "
            "replaced; copy or make the whole folder again."
        )
    return weights
