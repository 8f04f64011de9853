"""Verbs that ask questions: those of the paper, and what an experiment will show before it is made."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from tyro.conf import OmitArgPrefixes, Positional, arg

from reverie.cli.verbs import Animals, Where, printed_script
from reverie.jobs.engines.settings import EngineOptions
from reverie.planning.design import Design
from reverie.recordings.reading import Reading


@dataclass(frozen=True)
class Experiment:
    """Ask a question of the paper, or all of them (`paper`): one command, one page, the paper's numbers beside yours.

    Give the same command again to resume after an interruption; a finished reconstruction is never repeated.
    """

    computes: ClassVar[bool] = True

    name: Annotated[Positional[str], arg(metavar="NAME")]
    """natural, ensembling, population and so on (see docs/experiments), or paper for all."""
    subjects: OmitArgPrefixes[Animals]
    out: Path
    """Folder for pages, figures and reconstructions; several experiments may share one, and then share their jobs."""
    scale: Literal["quick", "laptop", "paper"] = "quick"
    """quick for a first look (minutes per experiment), laptop for more clips, paper for the published size."""
    trials: tuple[str, ...] = ()
    """Trial numbers or tiers; the test tier by default. Each movie is taken once, as many as the scale says."""
    truth: Path | None = None
    """The encoder that is the truth of simulated animals; DATA/truth by default, where there is one."""
    mask: Path | None = None
    """Mask file; the mean of the encoders' own by default, made first where there is none."""
    on: Where = field(default_factory=EngineOptions)

    def run(self) -> None:
        """Run the experiment and write its page."""
        from reverie.studies.running import Request, run_request

        sources = self.subjects.sources(mask=self.mask, truth=self.truth)
        if not printed_script(self.on):
            run_request(Request(self.name, sources, self.out, self.scale, self.trials, self.on))


@dataclass(frozen=True)
class Plan:
    """Predict, before an experiment, what it will show: resolution and video correlation, or how many neurons it takes.

    It is calculated in closed form, from simulated neurons or from a given encoder. The estimates are simple: real
    animals move their eyes, and encoders are never perfect.
    """

    computes: ClassVar[bool] = True

    design: OmitArgPrefixes[Design] = field(default_factory=Design)
    resolution: float | None = None
    """Cycles per degree, such as 0.1, to learn how many neurons it takes to resolve them."""
    out: Path | None = None
    """A page (html) with sliders."""
    data: Path | None = None
    """Recordings of an animal with an encoder, to use its neurons instead of simulated ones."""
    encoder: Path | None = None
    """Folder of that encoder."""
    animal: str | None = None
    """The animal; may be left out when there is only one."""
    reading: OmitArgPrefixes[Reading] = field(default_factory=Reading)

    def run(self) -> None:
        """Print the answer, and write the page."""
        from reverie.planning.running import named_sources, plan

        sources = named_sources(self.data, self.encoder, self.animal, self.reading)
        answers = plan(self.design, sources, resolution=self.resolution, out=self.out)
        print("\n".join(f"{row.what}: {row.value}" for row in answers.itertuples()))
