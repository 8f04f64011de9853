"""A list of jobs in, finished ones in the store: what they need is fitted first, and no job is done twice."""

from collections.abc import Sequence

from reverie.fitted.session import Session
from reverie.jobs.engine import Workers
from reverie.jobs.job import Job, fit_parts, parts_of, perform
from reverie.jobs.store import JobFolder, Store


def fit_for(workers: Workers[Session], jobs: Sequence[Job]) -> None:
    """Fit what jobs need and is not fitted yet, each part once; the masks, which movies are scored in, always.

    Raises ReverieError when something cannot be fitted or kept.
    """
    session = workers.context
    wanted = parts_of(jobs)
    for animal in session.recordings:
        for folder in session.encoders:
            wanted.setdefault((animal, folder), set()).add("mask")
    tasks = []
    for (animal, folder), parts in wanted.items():
        if session.sources.mask is not None:
            parts = parts - {"mask"}  # what needs the encoder's own still gets it, in ``fit``
        if missing := session.fitted(animal, folder).missing(parts):
            tasks.append((animal, folder, tuple(missing)))
    workers.run(fit_parts, tasks, "fitting what is needed once")


def do_jobs(workers: Workers[Session], store: Store, jobs: Sequence[Job], description: str) -> None:
    """Do the jobs that are not finished yet, each once; what they need is fitted before.

    Raises what a job raises, and ReverieError when a process was killed.
    """
    fit_for(workers, jobs)
    session = workers.context
    places = {store.place(job.fingerprint(session)): job for job in jobs}
    left = [(job, place) for place, job in places.items() if not place.finished.exists()]
    if workers.pool is None:
        for number, (job, place) in enumerate(left, start=1):
            perform(job, session, place, f"{job.clip.animal} trial {job.clip.name} ({number} of {len(left)})")
        return
    workers.run(_perform, left, description)


def _perform(session: Session, task: tuple[Job, JobFolder]) -> None:
    job, place = task
    perform(job, session, place)
