"""What verbs work with: animals of a recording and encoders of them."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from tyro.conf import OmitArgPrefixes, Positional, arg

from reverie.recordings.reading import Reading

if TYPE_CHECKING:
    from reverie.fitted.session import Sources


@dataclass(frozen=True)
class OneAnimal:
    """One animal, and one encoder of it."""

    data: Positional[Path]
    """Folder of recordings."""
    encoder: Positional[Path]
    """Folder of an encoder of the animal, which keeps what is fitted."""
    animal: str | None = None
    """The animal; may be left out when there is only one."""
    reading: OmitArgPrefixes[Reading] = field(default_factory=Reading)


@dataclass(frozen=True)
class Animals:
    """Several animals, and encoders of them."""

    data: Positional[Path]
    """Folder of recordings."""
    encoders: Positional[tuple[Path, ...]]
    """Folders of one or more encoders, trained or imported; the movies of several are averaged."""
    animals: Annotated[tuple[str, ...], arg(aliases=("--animal",))] = ()
    """The animal or animals; all that the data and the encoders share by default."""
    seed: int = 0
    """Seed of whatever is random (masks, draws from the posterior, controls, subsets of neurons)."""
    device: str = "auto"
    """auto, cpu, cuda or mps."""
    reading: OmitArgPrefixes[Reading] = field(default_factory=Reading)

    def sources(self, *, mask: Path | None = None, truth: Path | None = None, kept: Path | None = None) -> "Sources":
        """Return them as the program knows them, with files that take the place of the usual ones."""
        from reverie.fitted.session import Sources

        return Sources(**vars(self), mask=mask, truth=truth, kept=kept)
