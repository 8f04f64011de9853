"""Comparing methods: jobs that join showings of a movie, and every score of what a method made of a clip."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from reverie.encoders.prediction import predict
from reverie.fitted.materials import Materials
from reverie.foundation.arrays import Movie
from reverie.inversion.ensembling import average
from reverie.inversion.postprocessing import blur
from reverie.jobs.descending import read_result
from reverie.jobs.job import Clip, Job, JobFolder
from reverie.jobs.settings import ReconstructionSettings
from reverie.jobs.showings import other_showings
from reverie.recordings.opening import responses_of
from reverie.recordings.trial import Trial
from reverie.scoring.controls import Comparison
from reverie.scoring.correlation import mean_of_defined, response_correlation
from reverie.scoring.rule import frames_to_skip, scored_region
from reverie.scoring.scores import measure
from reverie.scoring.shots import shot_starts

COLUMNS: Final = (
    "video_correlation",
    "video_correlation_dynamic",
    "video_correlation_pattern",
    "frame_correlation",
    "ssim",
    "pixel_correlation",
    "held_out_neurons",
    "passes",
    "seconds",
)
"""What is measured of every method."""


def joined_job(
    materials: Materials, clip: Clip, encoder: Path, settings: ReconstructionSettings, join: str
) -> list[Job]:
    """Return the one job that explains a clip together with other showings of its movie, none when there is no other.

    Whichever of the showings is asked for, the job is the same, so that it is done once.
    """
    showings = sorted([clip, *other_showings(materials, clip, join)], key=lambda one: (one.animal, one.name))
    return [Job(showings[0], (encoder,), settings, together=tuple(showings[1:]))] if len(showings) > 1 else []


def compare(movie: Movie, trial: Trial) -> Comparison:
    """Return a reconstruction beside its truth, without the first frames that are not scored."""
    skip = frames_to_skip(trial.frames)
    shots = np.unique(np.maximum(shot_starts(trial.movie) - skip, 0))
    return Comparison(movie[skip:], trial.movie[skip:], shots)


def measure_movie(materials: Materials, movie: Movie, clip: Clip) -> dict[str, float]:
    """Return the main scores of a clip's reconstruction within the evaluation mask."""
    mask = materials.masks[clip.animal]
    return measure(compare(movie, clip.read(materials)), scored_region(mask))


def held_out_correlation(materials: Materials, movie: Movie, clip: Clip, used: Collection[str]) -> float:
    """Return how well a reconstruction predicts neurons it was not made from: those of animals that saw the movie too.

    Their responses are predicted by the first encoder and correlated with those recorded, per neuron, then averaged.
    used: animals whose responses the reconstruction was made from. NaN when no other animal saw the movie.
    """
    encoder = next(iter(materials.encoders.values()))
    found = []
    for other in other_showings(materials, clip, "animals"):
        if other.animal not in used:
            trial = other.read(materials)
            skip = frames_to_skip(trial.frames)
            rates = predict(encoder, movie, trial.state, other.animal)
            found.append(response_correlation(rates[:, skip:], responses_of(other.animal, trial)[:, skip:]))
    return mean_of_defined(np.array(found, dtype=float))


@dataclass(frozen=True)
class Attempt:
    """A method's try at a clip: the jobs whose movies are averaged, and where their results lie."""

    method: str
    clip: Clip
    jobs: Sequence[Job]
    places: Sequence[JobFolder]


def score_attempt(materials: Materials, attempt: Attempt) -> dict[str, object]:
    """Return a row: condition, animal, clip, and ``COLUMNS``. Passes and seconds are summed over the jobs."""
    result = average([read_result(place.finished) for place in attempt.places])
    movie = blur(result.movie, attempt.jobs[0].settings.blur)
    used = {clip.animal for job in attempt.jobs for clip in (job.clip, *job.together)}
    found = {
        **measure_movie(materials, movie, attempt.clip),
        "held_out_neurons": held_out_correlation(materials, movie, attempt.clip, used),
        "passes": float(result.passes),
        "seconds": result.seconds,
    }
    names = {"condition": attempt.method, "animal": attempt.clip.animal, "clip": attempt.clip.name}
    return names | {column: found[column] for column in COLUMNS}


def in_turns(clips: Sequence[Clip]) -> list[Clip]:
    """Return some of the clips, animals taking turns: the first clip of the first, the second of the second, …"""
    animals = list(dict.fromkeys(clip.animal for clip in clips))
    kept = []
    for turn, animal in enumerate(animals):
        own = [clip for clip in clips if clip.animal == animal]
        kept += own[turn % len(own) :: len(animals)] if len(own) > 1 else own
    return kept
