"""All studies by name, and running them: plan, do every job once, conclude, write the pages."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from time import perf_counter

from reverie.fitted.session import Session, Sources, open_session
from reverie.foundation.errors import NotApplicable, ReverieError
from reverie.foundation.files import write_json
from reverie.foundation.folders import require_folder, require_own
from reverie.foundation.progress import say
from reverie.jobs.engines.local import default_workers
from reverie.jobs.engines.settings import EngineOptions
from reverie.jobs.job import Job
from reverie.jobs.workers import Workers, open_workers
from reverie.jobs.working import fit_for_jobs
from reverie.recordings.opening import say_left_out
from reverie.studies.baselines import BASELINES
from reverie.studies.causes import CAUSES
from reverie.studies.choosing import find_scale
from reverie.studies.consistency import CONSISTENCY
from reverie.studies.ensembling import ENSEMBLING
from reverie.studies.errors import ERRORS
from reverie.studies.excite import EXCITE
from reverie.studies.fields import FIELDS
from reverie.studies.gratings import GRATINGS
from reverie.studies.identify import IDENTIFY
from reverie.studies.masks import MASKS
from reverie.studies.methods import METHODS
from reverie.studies.natural import NATURAL
from reverie.studies.noise import NOISE
from reverie.studies.page import Section, write_study, write_study_page
from reverie.studies.population import POPULATION
from reverie.studies.predicted import PREDICTED_RESPONSES
from reverie.studies.resolution import RESOLUTION
from reverie.studies.setup import Setup
from reverie.studies.study import Study

PAPER = (
    NATURAL,
    ENSEMBLING,
    POPULATION,
    MASKS,
    PREDICTED_RESPONSES,
    NOISE,
    GRATINGS,
    FIELDS,
    CONSISTENCY,
    ERRORS,
    BASELINES,
)
"""The questions of the paper, and of its reviewers, in the order of a results section."""

STUDIES: Mapping[str, Study] = {one.name: one for one in (*PAPER, METHODS, CAUSES, IDENTIFY, RESOLUTION, EXCITE)}

SUITE = "paper"
"""The name that stands for all studies of the paper."""


@dataclass(frozen=True)
class Request:
    """Which study (or the suite), on which sources and trials, how large, where its pages go and its jobs are done."""

    name: str
    sources: Sources
    out: Path
    scale: str = "quick"
    trials: tuple[str, ...] = ()
    on: EngineOptions = field(default_factory=EngineOptions)


def run_request(request: Request) -> Path:
    """Run a study, or all studies of the paper, and return the path of the page.

    Jobs finished before, by this or another study in the same folder, are not repeated.

    Raises
    ------
    NotApplicable
        The question of a single study does not apply to the session; the suite leaves such studies out with a message.
    ReverieError
        The name is unknown, data and encoders do not belong together, or something failed.
    """
    if request.name not in (SUITE, *STUDIES):
        known = ", ".join((*STUDIES, SUITE))
        raise ReverieError(f"There is no experiment {request.name!r}; choose one of {known}.")
    require_own(request.out, "experiment", "jobs", "*/experiment.json")
    require_folder(request.out)
    scale = find_scale(request.scale)
    sources = request.sources.absolute()
    session = open_session(sources)
    default = default_workers(session.device)
    with open_workers(session, partial(open_session, sources), request.on, default) as workers:
        fit = fit_masks(workers)  # before anything looks for them
        setup = Setup(fit, scale, request.out, workers, request.trials)
        if request.name == SUITE:
            return run_suite(setup, PAPER)
        section = run_study(setup, STUDIES[request.name])
    page = section.folder / "index.html"
    say(f"{section.findings.sentences[0]}\nThe page is {page}; open it in any browser.")
    return page


def run_study(setup: Setup, study: Study) -> Section:
    """Do the jobs of one study that are not done yet, conclude, and write its page, figures and data."""
    setup = study.adjusted(setup)
    setup.run(study.plan(setup), f"reconstructions of {study.name}")
    findings, record = study.conclude(setup), setup.record()
    section = write_study(setup.out / study.name, study, findings, setup.leads(), record)
    write_json(section.folder / "experiment.json", record)
    return section


def run_suite(setup: Setup, studies: Sequence[Study]) -> Path:
    """Run studies that share their jobs, each with its own page, and write one page of all.

    A study whose question does not apply to the session is left out. When a study fails in any other way, the others
    are still done and reported, and its error is raised in the end.
    """
    begin = perf_counter()
    problems: dict[str, Exception] = {}
    jobs: list[Job] = []
    for study in studies:
        with _collecting_errors(problems, study.title):
            jobs += study.plan(study.adjusted(setup))
    # All jobs together, so that no process is idle between two studies. One that fails is tried again by its study.
    with _collecting_errors({}, "Reconstructions of all experiments"):
        setup.run(jobs, "reconstructions of all experiments")
    sections = []
    for study in studies:
        if study.title not in problems:
            say(f"\n— {study.title}")
            with _collecting_errors(problems, study.title):
                sections.append(run_study(setup, study))
                say(sections[-1].findings.sentences[0])
    page = setup.out / "index.html"
    missing = {title: str(problem) for title, problem in problems.items() if isinstance(problem, NotApplicable)}
    failed = {title: problem for title, problem in problems.items() if title not in missing}
    if sections:
        reasons = missing | {title: f"failed: {problem}" for title, problem in failed.items()}
        write_study_page(
            page, "Movies reconstructed from visual cortex: results", setup.leads(), sections, setup.record(), reasons
        )
    _raise(failed, f"The others are on {page}." if sections else "No other could be done.")
    if not sections:
        raise NotApplicable(f"No experiment could be done: {'; '.join(missing.values())}")
    say(f"\nAll experiments took {(perf_counter() - begin) / 60:.1f} min. The page is {page}; open it in any browser.")
    return page


def fit_masks(workers: Workers[Session]) -> Session:
    """Fit the masks of all animals and encoders, which every study needs; return the session with the fitted animals.

    Animals that cannot be fitted are left out with a message, unless they were named. Raises the error when no animal
    is left.
    """
    session = workers.context
    failed = fit_for_jobs(workers, (), session.recordings)
    if failed and session.sources.animals:
        raise next(iter(failed.values()))
    kept = {animal: recording for animal, recording in session.recordings.items() if animal not in failed}
    say_left_out(kept, failed)
    return replace(session, recordings=kept)


@contextmanager
def _collecting_errors(problems: dict[str, Exception], name: str) -> Iterator[None]:
    """Print an error of the block, store it under a name, and continue."""
    try:
        yield
    except Exception as problem:
        say(f"{name}: {problem}")
        problems[name] = problem


def _raise(failed: Mapping[str, Exception], rest: str) -> None:
    """Raise what failed, if anything: an unforeseen error as it is, else one error that names every failed study."""
    for problem in failed.values():
        if not isinstance(problem, ReverieError):
            raise problem
    if failed:
        *lines, last = (f"“{title}” failed: {problem}" for title, problem in failed.items())
        raise ReverieError(*lines, f"{last} {rest}") from next(iter(failed.values()))
