"""Verbs that look at activity without a stimulus."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from tyro.conf import OmitArgPrefixes, Positional

from reverie.recordings.reading import Reading
from reverie.studies.spontaneous.agreement import Asked
from reverie.studies.spontaneous.templates import Search


@dataclass(frozen=True)
class Darkness:
    """Look for pictures in trials without a movie: surrogates first, pictures only where there are some."""

    computes: ClassVar[bool] = True

    data: Positional[Path]
    """Folder of recordings."""
    encoder: Positional[Path]
    """Folder of an encoder of the animal."""
    out: Path
    """Folder for the page, tables and movies."""
    trials: tuple[str, ...] = ("spontaneous",)
    """Trials or tiers to look at."""
    animal: str | None = None
    """The animal; may be left out when there is only one."""
    looking: OmitArgPrefixes[Asked] = field(default_factory=Asked)
    seed: int = 0
    """Of surrogates and draws."""
    reading: OmitArgPrefixes[Reading] = field(default_factory=Reading)

    def run(self) -> None:
        """Write the page."""
        from reverie.studies.spontaneous.darkness import darkness

        darkness(
            self.data,
            self.encoder,
            trials=self.trials,
            out=self.out,
            animal=self.animal,
            asked=self.looking,
            seed=self.seed,
            reading=self.reading,
        )


@dataclass(frozen=True)
class Replay:
    """Ask whether activity without a stimulus goes through a clip: log likelihood ratios against surrogates.

    Corrected for all that was searched. Writes a table and a page of candidates with their evidence.
    """

    computes: ClassVar[bool] = True

    data: Positional[Path]
    """Folder of recordings."""
    encoder: Positional[Path]
    """Folder of an encoder of the animal."""
    out: Path
    """Folder for the page and candidates.csv."""
    trials: tuple[str, ...] = ("spontaneous",)
    """Trials or tiers to look in."""
    library: tuple[str, ...] = ("oracle",)
    """Trials or tiers whose movies are looked for."""
    animal: str | None = None
    """The animal; may be left out when there is only one."""
    search: OmitArgPrefixes[Search] = field(default_factory=Search)
    seed: int = 0
    """Of the surrogates."""
    reading: OmitArgPrefixes[Reading] = field(default_factory=Reading)

    def run(self) -> None:
        """Search, and write the page."""
        from reverie.studies.spontaneous.replay import replay

        replay(
            self.data,
            self.encoder,
            trials=self.trials,
            library=self.library,
            out=self.out,
            animal=self.animal,
            search=self.search,
            seed=self.seed,
            reading=self.reading,
        )
