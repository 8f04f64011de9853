"""Verbs that ask the questions of the paper."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Literal

from tyro.conf import OmitArgPrefixes, Positional

from reverie.cli.verbs import Where, told_script
from reverie.jobs.engines.settings import On
from reverie.recordings.reading import Reading


@dataclass(frozen=True)
class Experiment:
    """Ask a question of the paper, or all of them (`paper`): one command, one page, the paper's numbers beside yours.

    Give the same command again to go on after an interruption; a finished reconstruction is never made again.
    """

    computes: ClassVar[bool] = True

    name: Positional[str]
    """natural, ensembling, population and so on (see docs/experiments), or paper for all."""
    data: Positional[Path]
    """Folder of recordings."""
    encoders: Positional[tuple[Path, ...]]
    """Folders of one or more encoders."""
    out: Path
    """Folder for pages, figures and reconstructions; several experiments may share one, and then share their jobs."""
    scale: Literal["quick", "laptop", "paper"] = "quick"
    """quick for a first look (minutes an experiment), laptop for more clips, paper for the published size."""
    animal: tuple[str, ...] = ()
    """The animal or animals; all that the data and the encoders share by default."""
    trials: tuple[str, ...] = ()
    """Trial numbers or tiers; the test tier by default. Each movie is taken once, as many as the scale says."""
    truth: Path | None = None
    """The encoder that knows the truth of simulated animals; DATA/truth by default, where there is one."""
    mask: Path | None = None
    """Mask file; the mean of the encoders' own by default, made first where there is none."""
    seed: int = 0
    """Seed of whatever is random (subsets of neurons, controls, masks)."""
    device: str = "auto"
    """auto, cpu, cuda or mps."""
    on: Where = field(default_factory=On)
    reading: OmitArgPrefixes[Reading] = field(default_factory=Reading)

    def run(self) -> None:
        """Run the experiment and write its page."""
        from reverie.fitted.session import Sources
        from reverie.studies.running import Request, run_request

        sources = Sources(
            self.data,
            self.encoders,
            animals=self.animal,
            truth=self.truth,
            mask=self.mask,
            seed=self.seed,
            device=self.device,
            reading=self.reading,
        )
        if not told_script(self.on):
            run_request(Request(self.name, sources, self.out, self.scale, self.trials, self.on))
