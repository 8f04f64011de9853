"""Running experiments: plan, do every job once, conclude, write the pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import perf_counter

from reverie.fitted.materials import Sources, open_materials
from reverie.foundation.devices import prepare_threads
from reverie.foundation.errors import ReverieError
from reverie.foundation.files import write_json, write_text
from reverie.foundation.progress import say
from reverie.jobs.engine import open_workers, usual_workers
from reverie.studies.experiment import Experiment, Findings
from reverie.studies.experiment_page import Plate, Section, write_experiment_page
from reverie.studies.laboratory import Laboratory
from reverie.studies.plates import save_plate
from reverie.studies.registry import EXPERIMENTS, PAPER, SUITE
from reverie.studies.scales import find_scale


@dataclass(frozen=True)
class Request:
    """What is asked for: an experiment or the suite, on which sources, how large, and where to put it."""

    name: str
    sources: Sources
    out: Path
    scale: str = "quick"
    trials: tuple[str, ...] = ()
    workers: int | None = None


def run_request(request: Request) -> Path:
    """Run an experiment, or the suite of all of them, and return the page to look at.

    Jobs finished before, by this or another experiment in the same folder, are not repeated.
    Raises ReverieError when the name is unknown, materials do not belong together, or a single experiment cannot be
    asked of them; the suite leaves such experiments out and says so.
    """
    if request.name not in (SUITE, *EXPERIMENTS):
        known = ", ".join((*EXPERIMENTS, SUITE))
        raise ReverieError(f"There is no experiment {request.name!r}; choose one of {known}.")
    scale = find_scale(request.scale)
    prepare_threads()
    materials = open_materials(request.sources)
    _ = materials.masks  # made here, once, before other processes look for them
    count = request.workers or usual_workers(materials.device)
    with open_workers(materials, partial(open_materials, request.sources), count) as workers:
        laboratory = Laboratory(materials, scale, request.out, workers, request.trials)
        if request.name == SUITE:
            return run_suite(laboratory, PAPER)
        section = run_experiment(laboratory, EXPERIMENTS[request.name])
    page = request.out / section.name / "index.html"
    say(f"{section.sentences[0]}\nThe page is {page}; open it in any browser.")
    return page


def run_suite(laboratory: Laboratory, experiments: Sequence[Experiment]) -> Path:
    """Run experiments that share their jobs, each with its own page, and write one page that tells them all."""
    begin = perf_counter()
    planned, missing = [], {}
    for experiment in experiments:
        try:
            planned.append((experiment, experiment.plan(experiment.sized(laboratory))))
        except ReverieError as error:
            missing[experiment.title] = str(error)
    laboratory.run([job for _, jobs in planned for job in jobs], "reconstructions of all experiments")
    sections = []
    for experiment, _ in planned:
        say(f"\n— {experiment.title}")
        try:
            sections.append(run_experiment(laboratory, experiment))
            say(sections[-1].sentences[0])
        except ReverieError as error:
            missing[experiment.title] = str(error)
    if not sections:
        raise ReverieError(f"No experiment could be done: {'; '.join(missing.values())}")
    page = laboratory.out / "index.html"
    record = laboratory.record()
    title = "Movies reconstructed from visual cortex: results"
    write_experiment_page(page, title, laboratory.leads(), [one.seen_from_above() for one in sections], record, missing)
    say(f"\nAll experiments took {(perf_counter() - begin) / 60:.1f} min. The page is {page}; open it in any browser.")
    return page


def run_experiment(laboratory: Laboratory, experiment: Experiment) -> Section:
    """Do the jobs of one experiment that are not done yet, conclude, and write its page, figures and data."""
    laboratory = experiment.sized(laboratory)
    laboratory.run(experiment.plan(laboratory), f"reconstructions of {experiment.name}")
    findings = experiment.conclude(laboratory)
    folder = laboratory.out / experiment.name
    record = laboratory.record()
    section = _section(experiment, findings, folder)
    write_json(folder / "experiment.json", record)
    write_experiment_page(folder / "index.html", experiment.title, laboratory.leads(), [section], record)
    return section


def _section(experiment: Experiment, findings: Findings, folder: Path) -> Section:
    plates = []
    for picture in findings.pictures:
        svg = save_plate(folder / picture.name, picture.figure)
        write_text(folder / f"{picture.name}.csv", picture.data.to_csv(index=False, lineterminator="\n"))
        plates.append(Plate(picture.name, picture.caption, svg, picture.data))
    links = {words: str(page.relative_to(folder)) for words, page in findings.links.items()}
    return Section(
        experiment.name,
        experiment.title,
        experiment.question,
        findings.sentences,
        plates,
        findings.comparison,
        links=links,
        tables=findings.tables,
    )
