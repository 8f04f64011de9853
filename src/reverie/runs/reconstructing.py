"""Reconstructing trials into a run folder: doing jobs, writing each trial's folder once its jobs are done, scoring."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import product
from pathlib import Path

import pandas as pd

from reverie.fitted.session import Session, Sources, open_session
from reverie.fitted.uncertainty import without_errors
from reverie.foundation.devices import describe
from reverie.foundation.errors import ReverieError, counted, some
from reverie.foundation.folders import require_folder
from reverie.foundation.progress import say
from reverie.inversion.methods.registry import describe_method
from reverie.jobs.clip import Clip, first_repeats
from reverie.jobs.engines.contract import collecting_errors, raise_all
from reverie.jobs.engines.settings import EngineOptions
from reverie.jobs.job import Job
from reverie.jobs.store import Store
from reverie.jobs.workers import Workers, open_workers
from reverie.jobs.working import do_jobs, fit_for_jobs
from reverie.recordings.opening import of_each_animal, usable_and_broken
from reverie.recordings.remembered import deciding
from reverie.runs.evaluating import evaluate_run
from reverie.runs.run import Run
from reverie.runs.run_folder import RunFolder
from reverie.runs.writing import write_trial


def reconstruct_trials(
    sources: Sources, out: Path, *, trials: Sequence[str], run: Run, on: EngineOptions | None = None
) -> pd.DataFrame:
    """Reconstruct trials of one or more animals and return their scores; finished trials are not done again.

    The parts that an encoder and an animal need once (masks, priors and so on) are fitted first and kept beside the
    encoder, or in the run folder where that cannot be written. Trials that cannot be reconstructed are left out with a
    message. Raises ReverieError when data and encoders do not belong together, no trial is left, or ``out`` holds a run
    with other settings; and, once all other trials are done and scored, when one could not be reconstructed.
    """
    require_folder(out)
    sources = replace(sources, kept=out / "fitted").absolute()
    session = open_session(sources)
    chosen = of_each_animal(
        session.recordings, partial(usable_and_broken, names=trials), all_needed=bool(sources.animals)
    )
    broken = {name: error for _, errors in chosen.values() for name, error in errors.items()}
    usable = with_responses(session, {animal: readable for animal, (readable, _) in chosen.items()})
    names = first_repeats(session, usable, run.joining.join)
    if run.joining.join == "animals" and len(session.recordings) == 1:
        say(f"Only {next(iter(session.recordings))} is named, so there are no other animals to join.")
    _say_what_was_learned_from(session, names)
    folder = RunFolder(out)
    folder.open(record_of(session, names, run))
    with open_workers(session, partial(open_session, sources), on or EngineOptions()) as workers:
        failed = fill_run(folder, names, run, workers, Store(out.absolute() / "jobs"))
    try:
        scores = evaluate_run(out)
    finally:
        raise_all({**failed, **broken})  # tells why there is no movie to score
    say(f"The movies are in {out}; `reverie report {out}` makes a page of them.")
    return scores


def _say_what_was_learned_from(session: Session, names: Mapping[str, Sequence[str]]) -> None:
    """Print which trials encoders were trained on, so that their scores are not mistaken for held-out ones."""
    for animal, trials in names.items():
        learned_from = [
            encoder.about.get("training_trials", {}).get(animal, ()) for encoder in session.encoders.values()
        ]
        seen = [name for name in trials if any(name in known for known in learned_from)]
        if seen:
            say(
                f"{animal}: encoders were trained on some of these trials, whose scores are not held out: {some(seen)}."
            )


def fill_run(
    folder: RunFolder, names: Mapping[str, Sequence[str]], run: Run, workers: Workers[Session], store: Store
) -> dict[str, Exception]:
    """Do the unfinished jobs of the named trials, and write the folder of each trial once its jobs are done.

    Returns the errors of jobs that failed and of trials that could not be written, by name. Animals that cannot be
    fitted are left out with a message; raises ReverieError when none is left.
    """
    session = workers.context
    clips = [Clip(animal, name) for animal, trials in names.items() for name in trials]
    jobs = {clip: run.jobs(session, clip) for clip in clips}
    failed = fit_for_jobs(workers, [job for each in jobs.values() for job in each])
    jobs = {clip: each for clip, each in jobs.items() if not _animals_of(each) & failed.keys()}
    if not jobs:
        raise next(iter(failed.values()))  # printed once, where it is caught
    for animal, reason in failed.items():
        say(f"{animal} is left out: {reason}")
    every = [job for each in jobs.values() for job in each]
    animals = sorted(_animals_of(every))
    for sentence in without_errors((session.fitted(*each) for each in product(animals, session.encoders)), run.method):
        say(sentence)
    begun: set[Clip] = set()

    def write(clip: Clip) -> None:
        done = all(store.place(job.fingerprint(session)).finished.exists() for job in jobs[clip])
        if done and clip not in begun:
            begun.add(clip)
            write_trial(folder.trial(clip.animal, clip.name), jobs[clip], run, session, store)

    problems = do_jobs(workers, store, every, "reconstructing", finished=lambda job: write(job.clip))
    for clip, own in jobs.items():  # those whose jobs had been done before
        with collecting_errors(problems, own[0].name):
            write(clip)
    return problems


def _animals_of(jobs: Sequence[Job]) -> set[str]:
    return {clip.animal for job in jobs for clip in (job.clip, *job.together)}


def with_responses(session: Session, names: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Return the trials that have responses and print which have none; raises ReverieError when none is left."""
    kept: dict[str, list[str]] = {}
    for animal, trials in names.items():
        recording = session.recordings[animal]
        kept[animal] = [name for name in trials if recording.has_responses(name)]
        without = [name for name in trials if name not in kept[animal]]
        if without:
            say(f"{animal}: {counted(len(without), 'trial')} without responses to reconstruct from: {some(without)}.")
    if not any(kept.values()):
        raise ReverieError("None of the trials has responses to reconstruct from; name others with --trials.")
    return {animal: trials for animal, trials in kept.items() if trials}


def record_of(session: Session, names: Mapping[str, Sequence[str]], run: Run) -> dict[str, object]:
    """Return the contents of run.json: settings, versions, seed, and the paths of everything used."""
    sources = session.sources
    reading = deciding(next(iter(session.recordings.values())).reading)
    settings = {
        **describe_method(run.method),
        **vars(run.joining),
        **({"reading": reading} if reading else {}),
        "encoders": [session.encoder_digest(folder) for folder in sources.encoders],
        "trials": dict(names),
    }
    places = {
        "data": str(sources.data.resolve()),
        "encoders": [str(folder.resolve()) for folder in sources.encoders],
        "mask": str(sources.mask.resolve()) if sources.mask else "the encoders' own",
    }
    return {**describe(settings, seed=sources.seed, device=session.device), "places": places, "about": list(run.about)}
