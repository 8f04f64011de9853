"""The verb that is asked before an experiment."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from tyro.conf import OmitArgPrefixes

from reverie.planning.design import Design
from reverie.recordings.reading import Reading


@dataclass(frozen=True)
class Plan:
    """Predict, before an experiment, what it will show: resolution and video correlation, or how many neurons it takes.

    In closed form, from simulated animals' neurons or from an encoder at hand. Simple guesses: real animals move their
    eyes, and encoders are never perfect.
    """

    computes: ClassVar[bool] = True

    design: OmitArgPrefixes[Design] = field(default_factory=Design)
    resolution: float | None = None
    """Cycles per degree, such as 0.1: how many neurons do they ask for?"""
    out: Path | None = None
    """A page (html) with sliders."""
    data: Path | None = None
    """Recordings of an animal with an encoder, to reckon with its neurons instead."""
    encoder: Path | None = None
    """Folder of that encoder."""
    animal: str | None = None
    """The animal; may be left out when there is only one."""
    reading: OmitArgPrefixes[Reading] = field(default_factory=Reading)

    def run(self) -> None:
        """Print the answer, and write the page."""
        from reverie.planning.running import plan

        told = plan(
            self.design,
            data=self.data,
            encoder=self.encoder,
            animal=self.animal,
            resolution=self.resolution,
            out=self.out,
            reading=self.reading,
        )
        print("\n".join(f"{row.what}: {row.value}" for row in told.itertuples()))
