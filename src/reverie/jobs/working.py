"""A list of jobs in, finished ones in the store: what they need is fitted first, and no job is done twice."""

from collections.abc import Sequence

from reverie.fitted.session import Session
from reverie.foundation.errors import NoSpace, ReverieError, WorkerLost
from reverie.jobs.engine import Workers
from reverie.jobs.job import Job, fit_parts, parts_of, perform
from reverie.jobs.store import JobFolder, Store


def fit_for(workers: Workers[Session], jobs: Sequence[Job]) -> dict[str, ReverieError]:
    """Fit what jobs need and is not fitted yet, each part once; the masks, which movies are scored in, always.

    Return why an animal cannot be worked with, by its name: one that cannot be fitted spoils no other.
    Raises WorkerLost when a process was killed.
    """
    session, wanted = workers.context, parts_of(jobs)
    animals = dict.fromkeys(animal for animal, _ in wanted)
    for animal in animals:
        for folder in session.encoders:
            wanted.setdefault((animal, folder), set()).add("mask")
    failed: dict[str, ReverieError] = {}
    for animal in animals:
        tasks = [
            (animal, folder, tuple(missing))
            for (owner, folder), parts in wanted.items()
            if owner == animal and (missing := session.fitted(animal, folder).missing(_needed(session, parts)))
        ]
        try:
            if workers.pool is None:  # each part shows how far it is
                for task in tasks:
                    fit_parts(session, task)
            else:
                workers.run(fit_parts, tasks, f"fitting what {animal} needs once")
            _ = session.masks[animal]
        except (WorkerLost, NoSpace):
            raise
        except ReverieError as error:
            failed[animal] = error
    return failed


def _needed(session: Session, parts: set[str]) -> set[str]:
    """Return the parts without the mask where one is named and nothing else is made from the animal's own."""
    own = session.sources.mask is None or bool(parts & {"calibration", "best", "weights", "combined_calibration"})
    return parts if own else parts - {"mask"}


def do_jobs(workers: Workers[Session], store: Store, jobs: Sequence[Job], description: str) -> None:
    """Do the jobs that are not finished yet, each once; what they need is fitted before.

    Raises what a job raises, what kept an animal from being fitted, and WorkerLost when a process was killed.
    """
    if failed := fit_for(workers, jobs):
        raise next(iter(failed.values()))
    session = workers.context
    places = {store.place(job.fingerprint(session)): job for job in jobs}
    left = [(job, place) for place, job in places.items() if not place.finished.exists()]
    for place in places.keys() - {place for _, place in left}:
        place.clean()
    if workers.pool is None:
        for number, (job, place) in enumerate(left, start=1):
            perform(job, session, place, f"{job.clip.animal} trial {job.clip.name} ({number} of {len(left)})")
        return
    workers.run(_perform, left, description)


def _perform(session: Session, task: tuple[Job, JobFolder]) -> None:
    job, place = task
    perform(job, session, place)
