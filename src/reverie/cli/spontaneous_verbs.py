"""Verbs that look at activity without a stimulus."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from tyro.conf import OmitArgPrefixes

from reverie.cli.verbs import OneAnimal
from reverie.studies.spontaneous.agreement import AgreementSettings
from reverie.studies.spontaneous.library import SearchSettings


@dataclass(frozen=True)
class Darkness:
    """Look for pictures in trials without a movie, and show those that surrogates cannot explain."""

    computes: ClassVar[bool] = True

    subject: OmitArgPrefixes[OneAnimal]
    out: Path
    """Folder for the page, tables and movies."""
    trials: tuple[str, ...] = ("spontaneous",)
    """Trials or tiers to look at."""
    comparison: OmitArgPrefixes[AgreementSettings] = field(default_factory=AgreementSettings)
    seed: int = 0
    """Seed of surrogates and draws."""

    def run(self) -> None:
        """Write the page."""
        from reverie.studies.spontaneous.darkness import darkness

        darkness(self.subject.sources(), trials=self.trials, out=self.out, settings=self.comparison, seed=self.seed)


@dataclass(frozen=True)
class Replay:
    """Test whether activity without a stimulus replays a clip: log likelihood ratios compared with surrogates.

    False alarms are counted over everything that was searched. Writes a table and a page of candidates.
    """

    computes: ClassVar[bool] = True

    subject: OmitArgPrefixes[OneAnimal]
    out: Path
    """Folder for the page and candidates.csv."""
    trials: tuple[str, ...] = ("spontaneous",)
    """Trials or tiers to look in."""
    library: tuple[str, ...] = ("validation",)
    """Trials or tiers whose movies are looked for."""
    search: OmitArgPrefixes[SearchSettings] = field(default_factory=SearchSettings)
    seed: int = 0
    """Seed of the surrogates."""

    def run(self) -> None:
        """Search, and write the page."""
        from reverie.studies.spontaneous.replay import replay

        replay(
            self.subject.sources(),
            trials=self.trials,
            library=self.library,
            out=self.out,
            search=self.search,
            seed=self.seed,
        )
