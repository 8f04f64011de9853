"""Recordings and encoders opened together, the parts fitted to them and, for simulated animals, the truth."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import torch

from reverie.encoders.checkpoints import encoder_digest, load_encoder
from reverie.encoders.contract import Encoder
from reverie.fitted.fitted import Fitted
from reverie.fitted.fitting import fit
from reverie.fitted.opening import open_encoders, open_matching_animals
from reverie.fitted.subject import FITTED, Subject, check_match
from reverie.foundation.arrays import Mask
from reverie.foundation.caches import cache_folder
from reverie.foundation.devices import choose_device
from reverie.foundation.errors import NotApplicable
from reverie.foundation.requests import require_seed
from reverie.inversion.mask import load_mask
from reverie.recordings.reading import Reading, with_absolute_paths
from reverie.recordings.recording import Recording
from reverie.simulation.folder import TRUTH


@dataclass(frozen=True)
class Sources:
    """Where a session's recordings and encoders are: plain data, so that another process can open the same session."""

    data: Path
    """Folder or file of recordings."""
    encoders: tuple[Path, ...]
    """Folders of the encoders."""
    animals: tuple[str, ...] = ()
    """Names of animals; when empty, all that data and encoders share."""
    truth: Path | None = None
    """Folder of the encoder that is the truth of simulated animals; by default DATA/truth, where it exists."""
    mask: Path | None = None
    """A mask file for all animals; by default each has the mean of its encoders' masks."""
    seed: int = 0
    """Seed of all random choices."""
    device: str = "auto"
    """Where to compute: auto, cpu, cuda or mps."""
    kept: Path | None = None
    """A folder for fitted parts where an encoder's own cannot be written; by default this user's cache."""
    reading: Reading = field(default_factory=Reading)
    """Facts that the files of the recordings do not state."""

    def __post_init__(self) -> None:
        require_seed(self.seed)

    def absolute(self) -> "Sources":
        """Return the same sources with absolute paths, since another process may work in another folder."""
        data, encoders = self.data.absolute(), tuple(folder.absolute() for folder in self.encoders)
        truth, mask, kept = (path and path.absolute() for path in (self.truth, self.mask, self.kept))
        reading = with_absolute_paths(self.reading)
        return replace(self, data=data, encoders=encoders, truth=truth, mask=mask, kept=kept, reading=reading)


@dataclass(frozen=True, eq=False)
class Session:
    """Opened recordings and encoders."""

    sources: Sources
    """The sources that were opened."""
    recordings: Mapping[str, Recording]
    """Recordings by animal."""
    encoders: Mapping[Path, Encoder]
    """The trained encoders by folder, in the order named."""
    device: torch.device
    """Where to compute."""
    _fitted: dict[tuple[str, Path], Fitted] = field(default_factory=dict, init=False, repr=False)
    _masks: dict[str, Mask] = field(default_factory=dict, init=False, repr=False)
    _digests: dict[Path, str] = field(default_factory=dict, init=False, repr=False)

    @property
    def pairs(self) -> list[tuple[str, Path]]:
        """Every animal with every trained encoder."""
        return [(animal, folder) for animal in self.recordings for folder in self.encoders]

    def fitted(self, animal: str, folder: Path) -> Fitted:
        """Return the parts fitted to an animal and an encoder; nothing is fitted here."""
        if (animal, folder) not in self._fitted:
            encoder = self.encoder(folder)
            subject = Subject(self.recordings[animal], encoder, self.sources.seed, self.device)
            cache, kept = cache_folder() / FITTED, self.sources.kept
            self._fitted[animal, folder] = Fitted(
                subject, (folder / FITTED, kept or cache), None if kept is None else cache
            )
        return self._fitted[animal, folder]

    def fit(self, parts: Iterable[str]) -> None:
        """Fit the missing parts for every animal and trained encoder; the mask only where no mask file is named."""
        wanted = [part for part in parts if part != "mask" or self.sources.mask is None]
        for animal, folder in self.pairs:
            fit(self.fitted(animal, folder), wanted)

    def mask(self, animal: str) -> Mask:
        """Return an animal's mask (height, width): that of the named file, or the mean over encoders of the fitted."""
        if animal not in self._masks:
            if self.sources.mask is not None:
                self._masks[animal] = load_mask(self.sources.mask, self.recordings[animal].frame_size)
            else:
                own = [self.fitted(animal, folder).mask for folder in self.encoders]
                self._masks[animal] = np.stack(own).mean(axis=0, dtype=np.float32)
        return self._masks[animal]

    @cached_property
    def truth_folder(self) -> Path | None:
        """The folder of the encoder that is the truth, or None for animals that are not simulated."""
        default = self.sources.data / TRUTH
        return self.sources.truth or (default if default.exists() else None)

    @cached_property
    def truth(self) -> Encoder:
        """The encoder that is the truth of simulated animals; raises NotApplicable where there is none."""
        folder = self.truth_folder
        if folder is None:
            raise NotApplicable(f"{self.sources.data} has no folder `{TRUTH}`; only simulated animals have a truth.")
        encoder = load_encoder(folder, self.device)
        for recording in self.recordings.values():
            check_match(recording, encoder)
        return encoder

    @cached_property
    def simulated(self) -> bool:
        """Whether the recordings state that they were simulated."""
        return self.truth_folder is not None and bool(self.truth.about.get("simulated"))

    def encoder(self, folder: Path) -> Encoder:
        """Return an encoder by its folder, which may be that of the truth."""
        return self.truth if folder == self.truth_folder else self.encoders[folder]

    def encoder_digest(self, folder: Path) -> str:
        """Return the hash of an encoder's architecture and weights."""
        if folder not in self._digests:
            self._digests[folder] = encoder_digest(self.encoder(folder))
        return self._digests[folder]


def open_session(sources: Sources) -> Session:
    """Open recordings and encoders; raises ReverieError when they cannot be read or do not belong together."""
    device = choose_device(sources.device)
    encoders = open_encoders(sources.encoders, device)
    return Session(
        sources, open_matching_animals(sources.data, sources.animals, encoders, sources.reading), encoders, device
    )
