"""Reconstructing trials into a run folder: resumable, one trial after the other."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, astuple, fields, replace
from pathlib import Path

import pandas as pd

from reverie.encoders.checkpoints import read_about
from reverie.encoders.prediction import predict_mean
from reverie.fitted.decoding import FITS
from reverie.fitted.materials import Materials, Sources, open_materials, weights_fingerprint
from reverie.foundation.arrays import Movie
from reverie.foundation.devices import prepare_threads
from reverie.foundation.files import write_npz, write_text
from reverie.foundation.progress import say
from reverie.foundation.provenance import describe
from reverie.inversion.ensembling import average
from reverie.inversion.postprocessing import blur
from reverie.inversion.problem import Progress as Step
from reverie.inversion.problem import Reconstruction
from reverie.jobs.doubt import doubt_of
from reverie.jobs.job import Clip, Job, find_movie
from reverie.jobs.settings import ReconstructionSettings
from reverie.jobs.showings import first_showings, other_showings
from reverie.jobs.shuffling import find_null
from reverie.recordings.opening import choose_trials, responses_of
from reverie.report.figures import save_figure, strip_figure
from reverie.report.tif import write_tif
from reverie.report.video_files import write_mp4
from reverie.runs.evaluating import evaluate_run
from reverie.runs.evidence import Evidence, other_movies, write_evidence
from reverie.runs.run_folder import RunFolder, TrialFolder
from reverie.scoring.rule import scored_region

Descend = Callable[[Job, TrialFolder, int], Reconstruction]
"""Does one job of a trial (its number among the trial's jobs), or reads what came of it."""


def reconstruct_trials(
    sources: Sources, out: Path, *, trials: Sequence[str], settings: ReconstructionSettings, about: Sequence[str] = ()
) -> pd.DataFrame:
    """Reconstruct trials of one or more animals and return their scores; finished movies of the same run are kept.

    about: sentences that the page of the run begins with.
    Raises ReverieError when data and encoders do not belong together, a trial has no responses, or ``out`` holds a
    run with other settings.
    """
    prepare_threads()
    materials = open_materials(sources)
    names = {animal: choose_trials(recording, trials) for animal, recording in materials.recordings.items()}

    def descend_here(job: Job, place: TrialFolder, number: int) -> Reconstruction:
        label = f"{place.animal} trial {place.trial}, model {number + 1}"
        return find_movie(job, materials, place.model(number), place.snapshot(number), label)

    return fill_run(RunFolder(out), materials, names, settings, descend_here, about)


def fill_run(
    run: RunFolder,
    materials: Materials,
    names: Mapping[str, Sequence[str]],
    settings: ReconstructionSettings,
    descend: Descend,
    about: Sequence[str] = (),
) -> pd.DataFrame:
    """Reconstruct the named trials of each animal into a run folder, score them and return the scores.

    Raises ReverieError when a trial has no responses or the folder holds a run with other settings.
    """
    names = first_showings(materials, names, settings.join)
    record = _record(materials, names, settings)
    run.open({**record, "about": [*_about(materials), *about]})
    for animal, trials in names.items():
        for name in trials:
            reconstruct_trial(Clip(animal, name), run.trial(animal, name), materials, settings, descend)
    return evaluate_run(run.folder)


def _about(materials: Materials) -> list[str]:
    """Say what data this is, where the folder itself tells."""
    sentence = "The animals are simulated: their responses come from a model, not from a brain."
    return [sentence] if materials.simulated else []


def _record(
    materials: Materials, names: Mapping[str, Sequence[str]], settings: ReconstructionSettings
) -> dict[str, object]:
    sources = materials.sources
    return describe(
        {
            "data": str(sources.data.resolve()),
            "encoders": {str(folder.resolve()): weights_fingerprint(folder) for folder in sources.encoders},
            "mask": str(sources.mask.resolve()) if sources.mask else "the encoders' own",
            **asdict(settings),
            "solver": asdict(settings.solver()),
            "trials": dict(names),
        },
        seed=sources.seed,
        device=materials.device,
    )


def jobs_of(clip: Clip, encoders: Sequence[Path], settings: ReconstructionSettings) -> list[Job]:
    """Return the jobs whose movies are averaged: one for each encoder, or one for all when gradients are combined.

    A decoder is one job, since it learns from the training trials of the first encoder and uses none; but for ``best``.
    """
    if settings.method in FITS and settings.method != "best":
        encoders = encoders[:1]
    groups = [tuple(encoders)] if settings.combine == "gradients" else [(folder,) for folder in encoders]
    return [Job(clip, group, settings) for group in groups]


def reconstruct_trial(
    clip: Clip, place: TrialFolder, materials: Materials, settings: ReconstructionSettings, descend: Descend
) -> None:
    """Reconstruct one trial, unless it is finished already, and write its folder."""
    if place.movie.exists():
        say(f"{place.animal} trial {place.trial} is reconstructed already; its movie is kept.")
        return
    recording, trial = materials.recordings[clip.animal], clip.read(materials)
    recorded = responses_of(clip.animal, trial)
    together = other_showings(materials, clip, settings.join)
    jobs = [replace(job, together=together) for job in jobs_of(clip, materials.sources.encoders, settings)]
    results = [descend(job, place, number) for number, job in enumerate(jobs)]
    traces = [_trace_table(result.trace, number) for number, result in enumerate(results)]
    write_text(place.trace, pd.concat(traces).to_csv(index=False))
    doubt = doubt_of(jobs, results, materials, settings)
    result = average(doubt.results)
    movie = blur(result.movie, settings.blur)
    encoders = tuple(materials.encoders.values())
    evidence = Evidence(
        truth=trial.movie,
        state=trial.state,
        responses=recorded,
        rates_from_truth=predict_mean(encoders, trial.movie, trial.state, clip.animal),
        rates_from_reconstruction=predict_mean(encoders, movie, trial.state, clip.animal),
        other_movies=other_movies(recording, trial),
        notes=(
            *_notes(clip, materials),
            *_joined(together),
            *doubt.notes,
            *_null(jobs[0], materials, results[0].movie, place),
        ),
    )
    write_evidence(place, evidence)
    rate = recording.frame_rate
    labels = ("truth", "reconstruction")
    write_mp4(place.folder / "movie.mp4", trial.movie, movie, frame_rate=rate, labels=labels)
    write_tif(place.folder / "movie.tif", movie, rate)
    save_figure(place.folder / "strip.png", strip_figure(trial.movie, movie, frame_rate=rate))
    # Written last: its presence means that the trial is finished.
    write_npz(place.movie, {"movie": movie, "mask": materials.masks[clip.animal], **doubt.arrays(result.spread)})


def _null(job: Job, materials: Materials, found: Movie, place: TrialFolder) -> tuple[str, ...]:
    """Say what the same method makes of shuffled responses, where that was asked for."""
    if not job.settings.null:
        return ()
    mask, files = materials.masks[job.clip.animal], (place.null, place.unfinished_null)
    return (find_null(job, materials, found, scored_region(mask), *files).sentence,)


def _trace_table(trace: Sequence[Step], number: int) -> pd.DataFrame:
    columns = [column.name for column in fields(Step)]
    return pd.DataFrame([astuple(step) for step in trace], columns=columns).assign(model=number)


def _notes(clip: Clip, materials: Materials) -> tuple[str, ...]:
    """Say which encoders saw this trial while they were trained."""
    seen = [
        folder.name
        for folder in materials.encoders
        if clip.name in read_about(folder).get("training_trials", {}).get(clip.animal, ())
    ]
    if not seen:
        return ()
    return (f"This trial was among the training trials of {', '.join(seen)}: its scores are not held out.",)


def _joined(together: Sequence[Clip]) -> tuple[str, ...]:
    """Say which other showings the movie was made from."""
    if not together:
        return ()
    named = ", ".join(f"{clip.animal} trial {clip.name}" for clip in together)
    return (f"The responses of {1 + len(together)} showings of this movie were explained together: also {named}.",)
