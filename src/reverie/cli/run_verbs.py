"""Verbs that score, show and export runs."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar

from tyro.conf import Positional, arg

from reverie.runs.options import ExportFormat


@dataclass(frozen=True)
class Evaluate:
    """Score the movies of a run against what the animal saw, with controls; writes RUN/scores.csv."""

    computes: ClassVar[bool] = False

    run_folder: Annotated[Positional[Path], arg(metavar="RUN")]
    """Run folder made by `reverie reconstruct`."""

    def run(self) -> None:
        """Score and print the summary."""
        from reverie.runs.evaluating import evaluate_run

        evaluate_run(self.run_folder)


@dataclass(frozen=True)
class Report:
    """Make the page of a run: movies, responses, behaviour, scores, how it was made; writes RUN/report.html."""

    computes: ClassVar[bool] = False

    run_folder: Annotated[Positional[Path], arg(metavar="RUN")]
    """Run folder made by `reverie reconstruct`."""
    film: bool = False
    """Write RUN/film.mp4 too: the trials one after the other, truth, movie and standard deviation side by side."""

    def run(self) -> None:
        """Write the page."""
        from reverie.runs.reporting import report_run

        report_run(self.run_folder, film=self.film)


@dataclass(frozen=True)
class Export:
    """Write the movies of a run for other programs: NWB, mp4, tif, npz or zarr."""

    computes: ClassVar[bool] = False

    run_folder: Annotated[Positional[Path], arg(metavar="RUN")]
    """Run folder made by `reverie reconstruct`."""
    to: ExportFormat
    """The format; NWB needs `pip install reverie[nwb]`, zarr `pip install reverie[zarr]`."""
    out: Path | None = None
    """Folder to write; RUN/export by default."""
    session_start: str | None = None
    """When the recording began, as 2026-03-01T10:00:00+00:00, for NWB."""

    def run(self) -> None:
        """Write the files."""
        from reverie.runs.exporting import export_run

        export_run(self.run_folder, self.to, self.out, session_start=self.session_start)


@dataclass(frozen=True)
class Demo:
    """Run everything without any data: a simulated animal watches real footage, which is then reconstructed."""

    computes: ClassVar[bool] = True

    out: Path = Path("demo")
    """Folder for recordings, encoder and run."""
    seed: int = 0
    """Same seed, same demo."""

    def run(self) -> None:
        """Run the whole pipeline."""
        from reverie.cli.demo import run_demo

        run_demo(self.out, seed=self.seed)
