"""Verbs that make, fetch and inspect recordings."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, ClassVar

from tyro.conf import OmitArgPrefixes, Positional, arg

from reverie.recordings.reading import Layout, Reading
from reverie.simulation.request import SimulationRequest


@dataclass(frozen=True)
class Simulate:
    """Write recordings of simulated animals whose truth is known, in the Sensorium 2023 layout.

    All animals watch the same movies: real ones if you name videos, naturalistic synthetic ones otherwise. The
    perfect encoder of the animals is saved in DATA/truth and can be used like any trained one.
    """

    computes: ClassVar[bool] = True

    out: Path
    """Folder to write: one folder per animal, and `truth`."""
    request: OmitArgPrefixes[SimulationRequest] = field(default_factory=SimulationRequest)

    def run(self) -> None:
        """Write the recordings."""
        from reverie.simulation.folder import simulate_animals

        simulate_animals(self.out, self.request)


@dataclass(frozen=True)
class Inspect:
    """Print what a folder of recordings holds: animals, neurons, trials, statistics, and problems found."""

    computes: ClassVar[bool] = False

    data: Annotated[Positional[Path], arg(metavar="DATA")]
    """A recording, or a folder of recordings, in any layout there is a reader for."""
    whole: bool = False
    """Read every trial, also of recordings that are very large."""
    reading: OmitArgPrefixes[Reading] = field(default_factory=Reading)

    def run(self) -> None:
        """Print the survey."""
        from reverie.recordings.findings import render
        from reverie.recordings.survey import survey

        print(render(survey(self.data, self.reading, whole=self.whole)))


@dataclass(frozen=True)
class Convert:
    """Write recordings in the Sensorium or the experanto layout, as they are read here."""

    computes: ClassVar[bool] = False

    data: Annotated[Positional[Path], arg(metavar="DATA")]
    """A recording, or a folder of recordings, in any layout there is a reader for."""
    to: Layout
    """The layout to write."""
    out: Path
    """Folder to write: one folder per animal."""
    animals: tuple[str, ...] = ()
    """Animals to write; all by default."""
    reading: OmitArgPrefixes[Reading] = field(default_factory=Reading)

    def run(self) -> None:
        """Read and write."""
        from reverie.recordings.converting import convert

        convert(self.data, self.out, self.to, animals=self.animals, reading=self.reading)


@dataclass(frozen=True)
class Download:
    """Download public Sensorium 2023 recordings; the same command resumes an interrupted download.

    Other recordings come with their archive's own client (`dandi download DANDI:000728`; for gated data sets, once you
    have access, `hf download --repo-type dataset NAME --local-dir DATA`); then give their folder to any verb.
    """

    computes: ClassVar[bool] = False

    animals: Annotated[Positional[tuple[str, ...]], arg(metavar="[ANIMAL ...]")]
    """Names of animals, or the beginning of them, such as dynamic29515; none lists what there is."""
    out: Path = Path("data")
    """Folder to unpack the recordings into."""
    base: str | None = None
    """Another address that serves the same archives, such as a mirror in the lab."""

    def run(self) -> None:
        """Download and unpack."""
        from reverie.recordings.download import PUBLIC_ARCHIVES, download

        if not self.animals:
            print("\n".join(PUBLIC_ARCHIVES))
            return
        download(self.animals, self.out, base=self.base)
