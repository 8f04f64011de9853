"""Every score of what a method made of a clip."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from reverie.encoders.prediction import predict
from reverie.fitted.session import Session
from reverie.foundation.arrays import Movie
from reverie.inversion.ensembling import average
from reverie.inversion.postprocessing import blur
from reverie.jobs.clip import Clip, repeats_of
from reverie.jobs.job import Job
from reverie.jobs.store import JobFolder, read_solution
from reverie.recordings.opening import responses_of
from reverie.scoring.correlation import mean_of_defined, response_correlation
from reverie.scoring.rule import frames_to_skip
from reverie.studies.setup import measure_movie

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


def held_out_correlation(session: Session, movie: Movie, clip: Clip, used: Collection[str]) -> float:
    """Return how well a reconstruction predicts neurons it was not made from: those of animals that saw the movie too.

    Their responses are predicted by the first encoder and correlated with those recorded, per neuron, then averaged.
    used: animals whose responses the reconstruction was made from. NaN when no other animal saw the movie.
    """
    encoder = next(iter(session.encoders.values()))
    found = []
    for other in repeats_of(session, clip, "animals"):
        if other.animal not in used:
            trial = other.read(session)
            skip = frames_to_skip(trial.frames)
            rates = predict(encoder, movie, trial.known_state, other.animal)
            found.append(response_correlation(rates[:, skip:], responses_of(other.animal, trial)[:, skip:]))
    return mean_of_defined(np.array(found, dtype=float))


@dataclass(frozen=True)
class Attempt:
    """A method's try at a clip: the jobs whose movies are averaged, and where their results lie."""

    method: str
    clip: Clip
    jobs: Sequence[Job]
    places: Sequence[JobFolder]


def score_attempt(session: Session, attempt: Attempt) -> dict[str, object]:
    """Return a row: condition, animal, clip, and ``COLUMNS``. Passes and seconds are summed over the jobs."""
    result = average([read_solution(place.finished) for place in attempt.places])
    movie = blur(result.movie, attempt.jobs[0].method.blur)
    used = {clip.animal for job in attempt.jobs for clip in (job.clip, *job.together)}
    found = {
        **measure_movie(session, movie, attempt.clip),
        "held_out_neurons": held_out_correlation(session, movie, attempt.clip, used),
        "passes": float(result.passes),
        "seconds": result.seconds,
    }
    names = {"condition": attempt.method, "animal": attempt.clip.animal, "clip": attempt.clip.name}
    return names | {column: found[column] for column in COLUMNS}
