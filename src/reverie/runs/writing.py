"""Writing the folder of one trial from its finished jobs."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from reverie.fitted.assembling import assemble
from reverie.fitted.reconstruction import Reconstruction
from reverie.fitted.session import Session
from reverie.fitted.uncertainty import without_errors
from reverie.foundation.errors import NotApplicable, ReverieError
from reverie.foundation.files import read_record, write_record
from reverie.foundation.fingerprints import digest
from reverie.foundation.folders import require_folder
from reverie.foundation.partial_files import hold_folder, sweep
from reverie.foundation.progress import say
from reverie.inversion.methods.registry import describe_method
from reverie.jobs.clip import Clip
from reverie.jobs.job import Job, joined_mask
from reverie.jobs.shuffling import shuffle_control
from reverie.jobs.store import JobFolder, Store
from reverie.reporting.figures import save_figure, strip_figure
from reverie.reporting.video_files import write_mp4, write_tif
from reverie.runs.run import Run
from reverie.runs.run_folder import TrialFolder


def write_trial(place: TrialFolder, jobs: Sequence[Job], run: Run, session: Session, store: Store) -> None:
    """Write the folder of one trial from its finished jobs, unless it holds their movie already.

    Where another process is writing it, as when a command was given twice, it is left to that process, with a message.
    """
    require_folder(place.folder)
    place.folder.mkdir(parents=True, exist_ok=True)
    with hold_folder(place.folder) as mine:  # files of two processes would not belong together
        if mine:
            _write_held(place, jobs, run, session, store)
        else:
            say(f"{place.animal} trial {place.trial} is being written by another process, and is left to it.")


def _write_held(place: TrialFolder, jobs: Sequence[Job], run: Run, session: Session, store: Store) -> None:
    prints, mask = [job.fingerprint(session) for job in jobs], joined_mask(jobs[0], session)
    made = {"jobs": prints, "mask": digest(mask), **describe_method(run.method), **vars(run.joining)}
    if _is_made(place, made):
        sweep(place.folder.absolute())
        say(f"{place.animal} trial {place.trial} is reconstructed already; its movie is kept.")
        return
    place.finished.unlink(missing_ok=True)
    first = jobs[0]
    solutions = store.read(prints)
    fits = [session.fitted(first.clip.animal, folder) for folder in session.encoders]
    found = assemble(
        solutions,
        fits,
        run.method,
        first.clip.read(session),
        mask,
        joined=bool(first.together) or len(first.encoders) > 1,
        notes=(
            *_joined(first.together),
            *_warnings_of_others(first, session),
            *_control(first, run, session, store.place(prints[0])),
        ),
    )
    write_record(place.made, {"made": made})
    write_watchable(place.folder, found)
    found.save(place.folder)


def _is_made(place: TrialFolder, made: Mapping[str, object]) -> bool:
    """Return whether a trial's folder holds the movie of these jobs; a damaged one does not count, with a message."""
    if not place.finished.exists():
        return False
    try:
        same = read_record(place.made).get("made") == _as_json(made)
        if same:
            Reconstruction.load(place.folder)
    except ReverieError as error:
        say(f"{error} The trial is written again from its jobs.")
        return False
    return same


def write_watchable(folder: Path, found: Reconstruction) -> None:
    """Write a movie as mp4 (where a codec is available), as tif for ImageJ, and as a strip of frames (png)."""
    rate, truth = found.frame_rate, found.truth
    shown = {"reconstruction": found.frames} if truth is None else {"truth": truth, "reconstruction": found.frames}
    try:
        write_mp4(folder / "movie.mp4", *shown.values(), frame_rate=rate, labels=tuple(shown))
    except NotApplicable as error:
        say(f"{error} The rest of the trial is written.")
    if truth is not None:
        save_figure(folder / "strip.png", strip_figure(truth, found.frames, frame_rate=rate))
    write_tif(folder / "movie.tif", found.frames, rate)


def _control(job: Job, run: Run, session: Session, found: JobFolder) -> tuple[str, ...]:
    """Return a sentence on the shuffle control, where it was requested."""
    if not run.joining.shuffle_control:
        return ()
    # Kept beside the job's result, since the job's fingerprint also identifies the control.
    return (shuffle_control(job, session, found, found.part("shuffled")).sentence,)


def _joined(together: Sequence[Clip]) -> tuple[str, ...]:
    """Return a sentence that names the other trials that the movie was made from."""
    if not together:
        return ()
    named = ", ".join(f"{clip.animal} trial {clip.name}" for clip in together)
    return (f"The responses to {1 + len(together)} showings of this movie were explained together: also {named}.",)


def _warnings_of_others(job: Job, session: Session) -> tuple[str, ...]:
    """Return the warnings on joined animals, as ``assemble`` gives them for a movie's own animal."""
    others = dict.fromkeys(clip.animal for clip in job.together if clip.animal != job.clip.animal)
    fits = [session.fitted(animal, folder) for animal in others for folder in session.encoders]
    return (*(warning for fitted in fits for warning in fitted.subject.warnings), *without_errors(fits, job.method))


def _as_json(content: Mapping[str, object]) -> object:
    """Return the content as a JSON file gives it back: with lists for tuples."""
    return json.loads(json.dumps(content))
