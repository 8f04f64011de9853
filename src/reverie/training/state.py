"""What an interrupted training needs to resume exactly where it was: one file, complete or absent."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor
from torch.optim.swa_utils import AveragedModel

from reverie.encoders.contract import Encoder
from reverie.foundation.errors import ReverieError
from reverie.foundation.files import write_bytes
from reverie.foundation.fingerprints import digest, digest_of


@dataclass
class RunState:
    """A training run between two steps.

    It holds no state of random generators: each step makes its own from the seed and the step.
    """

    encoder: Encoder
    """With the latest weights."""
    average: AveragedModel
    """Moving average of the weights, which is what is validated and kept."""
    optimiser: torch.optim.Optimizer
    """With its moments."""
    step: int
    """How many steps are done."""
    progress: dict[str, Any]
    """What else is kept, ready for JSON: history, best score, seconds."""

    @property
    def averaged(self) -> Encoder:
        """The encoder with the averaged weights."""
        encoder = self.average.module
        assert isinstance(encoder, Encoder)
        return encoder


def save_state(run: RunState, path: Path, identity: Mapping[str, Any]) -> None:
    """Write a run to one file; the earlier file stays whole until the new one is complete.

    Parameters
    ----------
    identity
        What the run depends on (settings, data), compared when it is resumed.

    Raises
    ------
    ReverieError
        When the disk is full or the folder cannot be written.
    """
    tensors = {f"encoder/{name}": tensor for name, tensor in run.encoder.state_dict().items()}
    tensors |= {f"average/{name}": tensor for name, tensor in run.averaged.state_dict().items()}
    for index, moments in run.optimiser.state_dict()["state"].items():
        tensors |= {f"optimiser/{index}/{name}": tensor for name, tensor in moments.items()}
    # Channels-last weights are stored in plain order, which safetensors requires; the values are the same.
    plain = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()}
    header = {"step": str(run.step), "progress": json.dumps(run.progress), "identity": json.dumps(identity)}
    header["digest"] = _digest(plain, header)
    write_bytes(path, save(plain, metadata=header))


def load_state(run: RunState, path: Path, identity: Mapping[str, Any]) -> None:
    """Restore a run as it was saved, bit for bit.

    Raises ReverieError when the file is damaged or belongs to a run with other settings or data.
    """
    try:
        with safe_open(path, framework="pt") as stored:
            header = stored.metadata() or {}
            tensors = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118 - not a mapping
        if header.pop("digest") != _digest(tensors, header):
            raise ValueError("its checksum differs")
        earlier = json.loads(header["identity"])
        run.step, run.progress = int(header["step"]), json.loads(header["progress"])
    except (OSError, SafetensorError, KeyError, ValueError) as error:
        raise ReverieError(f"{path} could not be read ({error}); delete it to train again.") from error
    _require_same(earlier, json.loads(json.dumps(identity)), path)
    run.encoder.load_state_dict(_under(tensors, "encoder/"))
    run.averaged.load_state_dict(_under(tensors, "average/"))
    run.average.n_averaged.fill_(1 + run.step)
    moments: dict[int, dict[str, Tensor]] = {}
    for name, tensor in _under(tensors, "optimiser/").items():
        index, _, moment = name.partition("/")
        moments.setdefault(int(index), {})[moment] = tensor
    run.optimiser.load_state_dict(run.optimiser.state_dict() | {"state": moments})


def _digest(tensors: Mapping[str, Tensor], header: Mapping[str, str]) -> str:
    return digest_of({**header, **{name: digest(tensor.numpy()) for name, tensor in tensors.items()}})


def _under(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}


def _require_same(earlier: Mapping[str, Any], now: Mapping[str, Any], path: Path) -> None:
    changed = sorted(name for name in earlier.keys() | now.keys() if earlier.get(name) != now.get(name))
    if changed:
        raise ReverieError(
            f"{path} belongs to an interrupted training with another {', '.join(changed)}; give the same command to "
            f"resume it, or delete {path.parent} to train again."
        )
