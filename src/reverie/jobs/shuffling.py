"""The shuffle control: the movie found from a trial's responses that were shuffled between neurons."""

from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
from jaxtyping import Float

from reverie.fitted.fitting import LIKELIHOOD_TRIALS
from reverie.fitted.session import Session
from reverie.fitted.solving import plan_of
from reverie.foundation.arrays import Indices, Responses
from reverie.foundation.errors import NotApplicable
from reverie.inversion.likelihood import Likelihood
from reverie.inversion.likelihood_fit import KINDS, fit_likelihoods
from reverie.inversion.methods.combined import Combined, search_name
from reverie.inversion.methods.map import Map
from reverie.inversion.methods.map_state import prior_of
from reverie.inversion.methods.registry import Method
from reverie.inversion.problem import Problem
from reverie.jobs.clip import Clip
from reverie.jobs.job import Job, problem_of
from reverie.jobs.resuming import solve_or_resume
from reverie.jobs.store import JobFolder, read_solution
from reverie.recordings.lazy_trials import LazyTrials
from reverie.recordings.opening import responses_of
from reverie.recordings.trial import Trial
from reverie.scoring.correlation import video_correlation
from reverie.scoring.rule import scored_frames, scored_region

LEAST_MEAN = 1e-6
"""Added to mean responses before one is divided by the other."""


@dataclass(frozen=True)
class ShuffleControl:
    """Numbers on the movie found from shuffled responses."""

    correlation: float
    """Video correlation of the movie with the truth."""
    departure: float
    """Root mean square distance of the movie from the prior's mean, in grey levels."""
    recorded_departure: float
    """The same distance for the movie found from the responses as recorded."""

    @property
    def sentence(self) -> str:
        """The sentence about it on the page."""
        return (
            "With responses shuffled between neurons, each scaled to its new neuron's mean and the likelihood fitted "
            f"anew, the same method gives a movie that correlates {self.correlation:.2f} with the truth and departs "
            f"{self.departure:.1f} grey levels from the prior's mean; this one departs {self.recorded_departure:.1f}."
        ).replace("-", "−")


def shuffle_control(job: Job, session: Session, found: JobFolder, place: JobFolder) -> ShuffleControl:
    """Find the most probable movie of a job's clip from shuffled responses, and compare it with that of the job.

    For `combined`, the movie of the first search is used, before a camera is followed; the search on shuffled responses
    has the same settings, and starts from ridge's movie of them.

    Parameters
    ----------
    found
        Folder of the job's result.

    Raises
    ------
    NotApplicable
        When the job's method does not search for the most probable movie.
    """
    require_search(job.method)
    fitted, starts_from_ridge = session.fitted(job.clip.animal, job.encoders[0]), isinstance(job.method, Combined)
    if isinstance(job.method, Combined):
        searches, _ = plan_of(job.method, fitted)
        job, found = replace(job, method=searches[0]), found.part(search_name(0, len(searches)))
    assert isinstance(job.method, Map)
    movie = read_solution(found.finished).movie
    region = scored_region(session.mask(job.clip.animal))
    problem = shuffled_problem(job, session)
    label = f"{job.clip.animal} trial {job.clip.name}, shuffled"
    start = fitted.ridge.decode(problem.observations[0].responses.cpu().numpy()) if starts_from_ridge else None
    result = solve_or_resume(problem, replace(job.method, draws=0), place, label, session.device, start)
    mean = prior_of(problem).mean.cpu().numpy()
    truth, scored = job.clip.read(session).known_movie, scored_frames(len(movie))
    departure, recorded_departure = (
        float(np.sqrt(np.square((each[scored] - mean)[:, region]).mean())) for each in (result.movie, movie)
    )
    return ShuffleControl(video_correlation(result.movie[scored], truth[scored], region), departure, recorded_departure)


def require_search(method: Method) -> None:
    """Raise NotApplicable where a method does not search for the most probable movie."""
    if not isinstance(method, Map | Combined):
        raise NotApplicable(f"Shuffled responses are not a control for the method `{method.name}`; use `combined`.")


def shuffled_problem(job: Job, session: Session) -> Problem:
    """Return the problem of a job with responses shuffled between neurons, scaled to each neuron's own mean.

    The likelihood is fitted again, to training trials shuffled in the same way: it describes what the encoder does not
    explain, and that is more when neurons are shuffled.
    """
    trial, animal = job.clip.read(session), job.clip.animal
    kind = job.method.likelihood if isinstance(job.method, Map) else "measured"
    responses = shuffle_of(session, animal, job.encoders[0], kind).apply(responses_of(animal, trial))
    clip = Clip(animal, job.clip.name, trial.known_movie, trial.known_state, responses)
    problem = problem_of(replace(job, clip=clip, together=()), session)
    shared_by = len(job.encoders)
    fitted = (shuffle_of(session, animal, folder, kind).likelihood for folder in job.encoders)
    observations = tuple(
        replace(one, likelihood=likelihood.over_dispersed(shared_by).limited(one.responses))
        for one, likelihood in zip(problem.observations, fitted, strict=True)
    )
    return replace(problem, observations=observations)


@dataclass(frozen=True)
class Shuffle:
    """Which neuron's responses each neuron gets, their scale, and the likelihood fitted to shuffled training trials."""

    rows: Indices
    scales: Float[np.ndarray, " neuron"]
    likelihood: Likelihood

    def apply(self, responses: Responses) -> Responses:
        """Return the responses (neuron, time) with every time course assigned to another neuron."""
        return permuted(responses, self.rows, self.scales)


def permuted(responses: Responses, rows: Indices, scales: Float[np.ndarray, " neuron"]) -> Responses:
    """Return responses (neuron, time) with row n taken from row ``rows[n]`` and multiplied by ``scales[n]``."""
    return np.asarray(responses[rows] * scales[:, None], dtype=np.float32)


@lru_cache(maxsize=8)
def shuffle_of(session: Session, animal: str, folder: Path, kind: str = "measured") -> Shuffle:
    """Return how an animal's neurons are shuffled, drawn from the session's seed, and the likelihood fitted to that.

    Parameters
    ----------
    kind
        The kind of likelihood, ``measured`` for the one that was chosen for the encoder.
    """
    fits = session.fitted(animal, folder)
    subject, read = fits.subject, fits.subject.recording.trial
    names = subject.trials(subject.training, LIKELIHOOD_TRIALS).keys
    means = np.mean([responses_of(animal, read(name)).mean(axis=1) for name in names], axis=0)
    rows: Indices = np.random.default_rng([session.sources.seed, 1]).permutation(len(means))
    scales = (means + LEAST_MEAN) / (means[rows] + LEAST_MEAN)

    def shuffled(name: str) -> Trial:
        trial = read(name)
        return replace(trial, responses=permuted(responses_of(animal, trial), rows, scales))

    chosen = fits.likelihood.chosen if kind == "measured" else kind
    trials = LazyTrials(shuffled, names)
    kinds = {kind: KINDS[kind] for kind in (("sizes", "events") if chosen == "both" else (chosen,))}
    found = fit_likelihoods(subject.encoder, animal, trials, skip=subject.encoder.history, kinds=kinds)
    return Shuffle(rows, scales, found.find(chosen))
