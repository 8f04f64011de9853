"""The verb that makes a run folder; apart from the others, since its options come from the methods."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, ClassVar

from tyro.conf import OmitArgPrefixes

from reverie.cli.animals import Animals
from reverie.cli.method_options import chosen_method, method_options
from reverie.cli.verbs import Where, told_script
from reverie.jobs.engines.settings import On
from reverie.runs.options import Joining


@dataclass(frozen=True)
class Reconstruct:
    """Reconstruct the movies an animal saw from its recorded responses.

    Give the same command again to go on after an interruption: finished movies are kept. The result is a run folder;
    `reverie report RUN` makes the page to look at. What is needed once of an animal and an encoder (mask, prior, and so
    on) is fitted first and kept beside the encoder.
    """

    computes: ClassVar[bool] = True

    subjects: OmitArgPrefixes[Animals]
    trials: tuple[str, ...]
    """Trial numbers, or a tier such as oracle."""
    out: Path
    """Run folder."""
    method: OmitArgPrefixes[Annotated[Any, method_options()]] = field(default_factory=method_options())
    joining: OmitArgPrefixes[Joining] = field(default_factory=Joining)
    mask: Path | None = None
    """Mask file; the encoder's own by default, fitted first when there is none."""
    on: Where = field(default_factory=On)

    def run(self) -> None:
        """Reconstruct and score."""
        from reverie.runs.reconstructing import Run, reconstruct_trials

        sources = self.subjects.sources(mask=self.mask)
        run = Run(chosen_method(self.method, self.subjects.seed), self.joining)
        if not told_script(self.on):
            reconstruct_trials(sources, self.out, trials=self.trials, run=run, on=self.on)
