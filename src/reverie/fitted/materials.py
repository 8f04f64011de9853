"""What reconstructions are made from: recordings, encoders, masks, and for simulated animals the truth."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
import torch

from reverie.encoders.checkpoints import load_encoder, read_about
from reverie.encoders.contract import Encoder
from reverie.fitted.loading import check_match, open_encoders, open_matching_animals
from reverie.fitted.masking import own_mask
from reverie.foundation.arrays import Mask
from reverie.foundation.devices import choose_device
from reverie.foundation.errors import NotApplicable
from reverie.foundation.provenance import fingerprint
from reverie.inversion.mask import load_mask
from reverie.recordings.readers.sensorium import SensoriumRecording
from reverie.simulation.folder import TRUTH


@dataclass(frozen=True)
class Sources:
    """Where the materials lie: plain data, so that another process can open the same.

    data: folder of recordings. encoders: folders. animals: names, all that data and encoders share when empty.
    truth: folder of the encoder that knows everything about simulated animals; DATA/truth where it exists.
    mask: a mask file for all animals; the mean of the encoders' own without it. seed: of whatever is random.
    """

    data: Path
    encoders: tuple[Path, ...]
    animals: tuple[str, ...] = ()
    truth: Path | None = None
    mask: Path | None = None
    seed: int = 0
    device: str = "auto"


@dataclass(frozen=True, eq=False)
class Materials:
    """Opened sources. encoders: the trained ones, by folder, in the order named. recordings: by animal."""

    sources: Sources
    recordings: Mapping[str, SensoriumRecording]
    encoders: Mapping[Path, Encoder]
    device: torch.device

    @cached_property
    def masks(self) -> dict[str, Mask]:
        """Each animal's mask (height, width): the one named, or the mean of the encoders' own."""
        return {animal: self._mask(recording) for animal, recording in self.recordings.items()}

    @cached_property
    def truth_folder(self) -> Path | None:
        """The folder of the encoder that knows the truth, or None for animals that are not simulated."""
        default = self.sources.data / TRUTH
        return self.sources.truth or (default if default.exists() else None)

    @cached_property
    def truth(self) -> Encoder:
        """The encoder that knows the truth; raises NotApplicable where there is none."""
        folder = self.truth_folder
        if folder is None:
            raise NotApplicable(f"{self.sources.data} has no folder `{TRUTH}`; only simulated animals have a truth.")
        encoder = load_encoder(folder, self.device)
        for recording in self.recordings.values():
            check_match(recording, encoder, folder)
        return encoder

    @property
    def simulated(self) -> bool:
        """Whether the recordings say that they were simulated."""
        return self.truth_folder is not None and bool(read_about(self.truth_folder).get("simulated"))

    def encoder(self, folder: Path) -> Encoder:
        """Return an encoder by its folder, the truth as well."""
        return self.truth if folder == self.truth_folder else self.encoders[folder]

    def _mask(self, recording: SensoriumRecording) -> Mask:
        if self.sources.mask is not None:
            return load_mask(self.sources.mask, recording.frame_size)
        seed, device = self.sources.seed, self.device
        own = [own_mask(recording, encoder, folder, seed=seed, device=device) for folder, encoder in self.pairs]
        mean: Mask = np.stack(own).mean(axis=0, dtype=np.float32)
        return mean

    @property
    def pairs(self) -> Sequence[tuple[Path, Encoder]]:
        """The trained encoders with their folders."""
        return tuple(self.encoders.items())


def open_materials(sources: Sources) -> Materials:
    """Open recordings and encoders; raises ReverieError when they cannot be read or do not belong together."""
    device = choose_device(sources.device)
    encoders = open_encoders(sources.encoders, device)
    recordings = open_matching_animals(sources.data, sources.animals, encoders)
    return Materials(sources, recordings, encoders, device)


@lru_cache(maxsize=64)
def weights_fingerprint(folder: Path) -> str:
    """Return which weights an encoder's folder holds."""
    return fingerprint(folder / "weights.safetensors")
