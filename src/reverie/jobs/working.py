"""Doing a list of jobs: the parts they need are fitted first, results go to the store, no job is done twice."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path

from reverie.fitted.fitted import Fitted
from reverie.fitted.parts import sources_of
from reverie.fitted.session import Session, Sources, open_session
from reverie.foundation.errors import ReverieError, WorkerLost
from reverie.jobs.engines.contract import Outcome, collecting_errors, raise_all
from reverie.jobs.engines.settings import EngineOptions
from reverie.jobs.job import Job, expected_work, fit_parts, parts_of, perform
from reverie.jobs.store import JobFolder, Store
from reverie.jobs.workers import Workers, open_workers

FitTask = tuple[str, Path, tuple[str, ...]]
"""Animal, folder of the encoder, and the parts to fit to them."""


def fit_for_jobs(
    workers: Workers[Session], jobs: Sequence[Job], animals: Iterable[str] = ()
) -> dict[str, ReverieError]:
    """Fit the missing parts that jobs need, each once, and always the masks; return errors of animals, by name.

    An animal that cannot be fitted does not affect the others.

    Parameters
    ----------
    animals
        Further animals whose masks are needed.

    Raises
    ------
    WorkerLost
        When a process was killed repeatedly, and any error that is not a ReverieError.
    """
    session, wanted = workers.context, parts_of(jobs)
    animals = dict.fromkeys([*animals, *(animal for animal, _ in wanted)])
    for animal in animals:
        for folder in session.encoders:
            wanted.setdefault((animal, folder), set()).add("mask")
    failed: dict[str, Exception] = {}
    if session.sources.mask is not None:
        _read_masks(session, animals, failed)  # before the work, which would be useless otherwise
    sound = {pair: parts for pair, parts in wanted.items() if pair[0] not in failed}
    failed |= fit_all(workers, [(*pair, tuple(_needed(session, parts))) for pair, parts in sound.items()])
    _read_masks(session, animals, failed)
    found: dict[str, ReverieError] = {}
    for animal, error in failed.items():
        if not isinstance(error, ReverieError) or isinstance(error, WorkerLost):
            raise error
        found[animal] = error
    return found


def _read_masks(session: Session, animals: Iterable[str], failed: dict[str, Exception]) -> None:
    """Read the masks of the animals that have not failed, and store errors of those that cannot be read."""
    for animal in animals:
        if animal not in failed:
            with collecting_errors(failed, animal):
                session.mask(animal)


def fit_all(workers: Workers[Session], tasks: Iterable[FitTask]) -> dict[str, Exception]:
    """Fit parts of animals and encoders where they are not fitted yet; return errors by animal."""
    session = workers.context
    left = [
        (animal, folder, tuple(missing))
        for animal, folder, parts in tasks
        if (missing := _tidied(session, animal, folder).missing(parts))
    ]
    # In this process, each part shows its own progress.
    description = "" if workers.engine is None else "fitting what is needed once"
    outcomes = workers.attempt(fit_parts, left, description, [f"the fits of {animal}" for animal, _, _ in left])
    return {left[one.number][0]: one.error for one in reversed(outcomes) if one.error}


def _tidied(session: Session, animal: str, folder: Path) -> Fitted:
    fitted = session.fitted(animal, folder)
    fitted.tidy()
    fitted.adopt()
    return fitted


def fit_everything(sources: Sources, parts: Sequence[str], on: EngineOptions) -> None:
    """Fit the missing parts of all animals and encoders of a session; raises failures once the others are fitted."""
    sources = sources.absolute()
    session = open_session(sources)
    with open_workers(session, partial(open_session, sources), on) as workers:
        raise_all(fit_all(workers, [(animal, folder, tuple(parts)) for animal, folder in session.pairs]))


def _needed(session: Session, parts: set[str]) -> set[str]:
    """Return the parts without the mask where a mask file is named and no other part is made from the animal's own."""
    own = session.sources.mask is None or "mask" in sources_of(parts)
    return parts if own else parts - {"mask"}


def do_jobs(
    workers: Workers[Session],
    store: Store,
    jobs: Sequence[Job],
    description: str,
    finished: Callable[[Job], None] = lambda job: None,
) -> dict[str, Exception]:
    """Do the unfinished jobs, each once and the longest first; return the errors of those that failed, by name.

    The parts that jobs need are fitted first. A failed job does not stop the others. Raises the error of an animal that
    cannot be fitted.

    Parameters
    ----------
    finished
        Called with each job as soon as it is done, while others continue; where it raises, the job counts as failed.
    """
    if failed := fit_for_jobs(workers, jobs):
        raise next(iter(failed.values()))
    session = workers.context
    places = {store.place(job.fingerprint(session)): job for job in jobs}
    left = [(job, place) for place, job in places.items() if not place.finished.exists()]
    for place in places.keys() - {place for _, place in left}:
        place.clean()
    # The longest first, so that no process works alone for long at the end.
    left.sort(key=lambda task: expected_work(task[0], session), reverse=True)
    names = [f"{job.name} (job {place.folder.name})" for job, place in left]
    problems: dict[str, Exception] = {}
    if workers.engine is None:
        for number, (job, place) in enumerate(left, start=1):
            with collecting_errors(problems, names[number - 1]):
                perform(job, session, place, f"{job.name} ({number} of {len(left)})")
                finished(job)
    else:

        def on_outcome(outcome: Outcome) -> None:
            with collecting_errors(problems, names[outcome.number]):
                if outcome.error:
                    raise outcome.error
                finished(left[outcome.number][0])

        workers.attempt(_perform, left, description, names, on_outcome)
    return problems


def _perform(session: Session, task: tuple[Job, JobFolder]) -> None:
    job, place = task
    perform(job, session, place)
