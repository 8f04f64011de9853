"""What a method makes of responses that say nothing: those of the trial, shuffled across neurons."""

from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from reverie.fitted.assuming import noise_trials, own_noise
from reverie.fitted.materials import Materials
from reverie.foundation.arrays import Indices, Movie, Responses
from reverie.inversion.likelihood import EventNoise, Noise
from reverie.inversion.likelihood_fit import event_noise, measure_noise, poisson_noise
from reverie.inversion.methods.knowledge import prior_of
from reverie.inversion.problem import Problem
from reverie.inversion.reconstruct import Solver
from reverie.jobs.descending import descend
from reverie.jobs.job import Clip, Job, problem_of
from reverie.recordings.lazy_trials import LazyTrials
from reverie.recordings.opening import responses_of
from reverie.recordings.trial import Trial
from reverie.scoring.correlation import Region, video_correlation
from reverie.scoring.rule import frames_to_skip

LEAST_MEAN = 1e-6
"""Added to mean responses before one is divided by another."""


@dataclass(frozen=True)
class Null:
    """What came of shuffled responses.

    correlation: video correlation of the movie with the truth. departure: root mean square distance from the prior's
    mean, in grey levels; of_recorded: the same of the movie from the responses as recorded.
    """

    correlation: float
    departure: float
    of_recorded: float

    @property
    def sentence(self) -> str:
        """What the page says of it."""
        return (
            "With responses shuffled across neurons, each scaled to its new neuron's mean and the noise measured anew, "
            f"the same method gives a movie that correlates {self.correlation:.2f} with the truth and departs "
            f"{self.departure:.1f} grey levels from the prior's mean; this one departs {self.of_recorded:.1f}."
        ).replace("-", "−")


def find_null(job: Job, materials: Materials, found: Movie, region: Region, finished: Path, unfinished: Path) -> Null:
    """Reconstruct a job's clip with the method `map` from shuffled responses, and compare it with what was found.

    region: pixels that count, (height, width). finished, unfinished: files of the result and of a search under way.
    """
    solver: Solver[Any] = replace(job.settings, draws=0).solver()
    label = f"{job.clip.animal} trial {job.clip.name}, shuffled"
    problem = shuffled_problem(job, materials)
    result = descend(lambda: problem, solver, finished, unfinished, label, materials.device)
    mean = prior_of(problem).mean.cpu().numpy()
    truth, scored = job.clip.read(materials).movie, slice(frames_to_skip(len(found)), None)
    away, of_recorded = (
        float(np.sqrt(np.square((movie[scored] - mean)[:, region]).mean())) for movie in (result.movie, found)
    )
    return Null(video_correlation(result.movie[scored], truth[scored], region), away, of_recorded)


def shuffled_problem(job: Job, materials: Materials) -> Problem:
    """Return the problem of a job whose neurons show one another's time courses, scaled to their own mean responses.

    The noise, of the kind it is, is measured again on training trials shuffled alike: it is what the encoder does not
    explain, and that is more when the neurons are mixed up.
    """
    trial, animal, likelihood = job.clip.read(materials), job.clip.animal, job.settings.likelihood
    mixed = shuffle_of(materials, animal, job.encoders[0], likelihood).mix(responses_of(animal, trial))
    shuffled = replace(job, clip=Clip(animal, job.clip.name, trial.movie, trial.state, mixed), together=())
    problem = problem_of(shuffled, materials)
    observations = tuple(
        replace(observation, noise=shuffle_of(materials, animal, folder, likelihood).noise.weakened(len(job.encoders)))
        for observation, folder in zip(problem.observations, job.encoders, strict=True)
    )
    return replace(problem, observations=observations)


@dataclass(frozen=True)
class Shuffle:
    """Which neuron's responses each neuron gets, times what, and the noise that training trials have then."""

    rows: Indices
    scales: Float[np.ndarray, " neuron"]
    noise: Noise

    def mix(self, responses: Responses) -> Responses:
        """Return the responses (neuron, time) with every time course in another neuron's place."""
        return mixed_up(responses, self.rows, self.scales)


def mixed_up(responses: Responses, rows: Indices, scales: Float[np.ndarray, " neuron"]) -> Responses:
    """Return the chosen rows of responses (neuron, time), scaled."""
    return np.asarray(responses[rows] * scales[:, None], dtype=np.float32)


@lru_cache(maxsize=8)
def shuffle_of(materials: Materials, animal: str, folder: Path, likelihood: str = "measured") -> Shuffle:
    """Return how an animal's neurons are mixed up, drawn from the seed of the materials, and the noise they have then.

    likelihood: which noise the encoder's own is, see ``fitted.assuming.own_noise``.
    """
    encoder, recording = materials.encoder(folder), materials.recordings[animal]
    read, names = recording.trial, noise_trials(recording, folder).names
    trials = LazyTrials(read, tuple(name for name in names if recording.has_responses(name)))
    means = np.mean([responses_of(animal, trial).mean(axis=1) for trial in trials], axis=0)
    rows: Indices = np.random.default_rng([materials.sources.seed, 1]).permutation(len(means))
    scales = (means + LEAST_MEAN) / (means[rows] + LEAST_MEAN)

    def mixed(name: str) -> Trial:
        trial = read(name)
        return replace(trial, responses=mixed_up(responses_of(animal, trial), rows, scales))

    own = own_noise(recording, encoder, folder, likelihood)
    kind = event_noise if isinstance(own, EventNoise) else poisson_noise
    shuffled = LazyTrials(mixed, trials.names)
    noise = measure_noise(encoder, animal, shuffled, skip=encoder.history, kinds=(kind,))
    return Shuffle(rows, scales, noise)
