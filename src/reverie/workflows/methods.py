"""Comparing methods: jobs that join showings of a movie, and every score of what a method made of a clip."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from reverie.encoders.prediction import predict
from reverie.evaluation.controls import Comparison
from reverie.evaluation.correlation import mean_of_defined, response_correlation
from reverie.evaluation.scores import evaluation_region, measure
from reverie.evaluation.shots import shot_starts
from reverie.foundation.arrays import Movie
from reverie.recordings.trial import Trial
from reverie.workflows.descending import read_result
from reverie.workflows.evaluating import frames_to_skip, scoring_threshold
from reverie.workflows.jobs import Clip, Job, JobFolder
from reverie.workflows.loading import responses_of
from reverie.workflows.materials import Materials
from reverie.workflows.settings import ReconstructionSettings
from reverie.workflows.showings import other_showings


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
    return measure(compare(movie, clip.read(materials)), evaluation_region(mask, scoring_threshold(mask)))


def held_out_correlation(materials: Materials, movie: Movie, clip: Clip, used: Sequence[str]) -> float:
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


def costs(places: Sequence[JobFolder]) -> dict[str, float]:
    """Return what finished jobs took together: passes through encoders, and seconds."""
    results = [read_result(place.finished) for place in places]
    return {
        "passes": float(sum(result.passes for result in results)),
        "seconds": float(sum(result.seconds for result in results)),
    }
