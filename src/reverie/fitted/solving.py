"""One trial with one encoder: its problem, with the fitted likelihood and prior, solved by any method."""

from collections.abc import Sequence
from dataclasses import replace

import torch

from reverie.fitted.fitted import Fitted
from reverie.foundation.arrays import Mask, Movie, Responses
from reverie.inversion.methods.combined import DEFAULT_FOLLOWS, Combined, combine, search_in_turns, weighted_mean
from reverie.inversion.methods.map import Map
from reverie.inversion.methods.paper import Paper
from reverie.inversion.methods.registry import Method
from reverie.inversion.methods.weighing import Weights, worth_following
from reverie.inversion.priors.gaussian import GaussianPrior
from reverie.inversion.problem import Observation, Problem
from reverie.inversion.solution import Solution
from reverie.inversion.solve import solve
from reverie.recordings.opening import responses_of
from reverie.recordings.trial import Trial
from reverie.scoring.error_model import joined_errors

SHORT_CLIP = 150
"""Number of frames of a trial that are reconstructed to learn weights or errors from. Half of a 10-second clip takes
half the time and is long enough to hold cuts, where errors are largest. The beginning of the trial is used because
encoders assume that a grey screen came before a clip."""


def problem_of_trial(fitted: Fitted, trial: Trial, method: Method) -> Problem:
    """Return the problem of one trial and one encoder, with the likelihood and prior that the method uses.

    Raises ReverieError when the trial has no responses.
    """
    return Problem((observe(fitted, trial, method),), prior=prior_for([fitted], method))


def observe(
    fitted: Fitted, trial: Trial, method: Method, responses: Responses | None = None, shared_by: int = 1
) -> Observation:
    """Return a trial as an observation that one encoder explains.

    Parameters
    ----------
    responses
        (neuron, time), by default the trial's own, see ``explained_responses``.
    shared_by
        How many encoders explain the same responses; the dispersion is multiplied by it, so that the responses are
        counted once.

    Raises
    ------
    ReverieError
        When there are no responses.
    """
    given = explained_responses(fitted, trial, method) if responses is None else responses
    # Copies, since the arrays of a recording are memory-mapped and read-only.
    state, recorded = torch.tensor(trial.known_state), torch.tensor(given)
    likelihood = None
    if isinstance(method, Map):
        likelihood = fitted.likelihood.find(method.likelihood).over_dispersed(shared_by).limited(recorded)
    return Observation(fitted.subject.encoder, fitted.subject.animal, state, recorded, likelihood=likelihood)


def explained_responses(fitted: Fitted, trial: Trial, method: Method) -> Responses:
    """Return a trial's responses as a method compares them with rates, (neuron, time).

    The published loss compares rates with what the encoder learned to predict, such as events; likelihoods know by
    themselves what counts in a response. Raises ReverieError when there are no responses.
    """
    recorded = responses_of(fitted.subject.animal, trial)
    return fitted.target(recorded) if isinstance(method, Paper) else recorded


def prior_for(fits: Sequence[Fitted], method: Method) -> GaussianPrior | None:
    """Return the prior that a method uses: that of the first encoder's training movies, or none."""
    return fits[0].prior if isinstance(method, Map) else None


def solve_trial(fitted: Fitted, trial: Trial, method: Method, *, mask: Mask | None = None) -> Solution:
    """Reconstruct one trial with one encoder, by any method.

    Parameters
    ----------
    fitted
        The fitted parts that the method needs.
    trial
        With responses.
    method
        Any method.
    mask
        Where pixels may change, (height, width), for the published method where its settings have no mask; by default
        the fitted mask.

    Raises
    ------
    ReverieError
        When the trial has no responses, or a part that the method needs was not fitted.
    """
    device, animal = fitted.subject.device, fitted.subject.animal
    if isinstance(method, Paper):
        known = fitted.mask if mask is None else mask
        moved = method if method.mask is not None else replace(method, mask=known)
        return solve(problem_of_trial(fitted, trial, method), moved, device=device)
    if isinstance(method, Map):
        return solve(problem_of_trial(fitted, trial, method), method, device=device)
    responses = responses_of(animal, trial)
    if isinstance(method, Combined):
        searches, share = plan_of(method, fitted)
        linear = fitted.ridge.decode(responses)
        return finish(method, [fitted], search_trial(fitted, trial, searches, linear, share), linear)
    return fitted.ridge.solve(responses)


def plan_of(method: Combined, fitted: Fitted) -> tuple[tuple[Map, ...], float]:
    """Return the searches for a clip's most probable movie, and its weight, as set or as fitted."""
    known = fitted.weights
    return method.searches(known.likelihood, _follows(method, fitted), known.averaged_over), _share(method, fitted)


def weights_of(method: Combined, fitted: Fitted) -> Weights:
    """Return the weights of the most probable movie and ridge's, which differ where the camera is followed."""
    return fitted.followed_weights if _follows(method, fitted) else fitted.weights


def _follows(method: Combined, fitted: Fitted) -> int:
    """Return how often the camera is followed: as set, or as often as was worthwhile."""
    if method.follow is None:
        return DEFAULT_FOLLOWS if worth_following(fitted.weights, fitted.followed_weights) else 0
    return method.follow


def _share(method: Combined, fitted: Fitted) -> float:
    return weights_of(method, fitted).share if method.map_share is None else method.map_share


def weigh(method: Combined, fitted: Fitted, probable: Movie, linear: Movie) -> Movie:
    """Return the weighted mean of two movies, per frequency band where band weights were fitted and no share is set.

    Parameters
    ----------
    probable, linear
        The movies of `map` and ridge, (time, height, width), grey levels.
    """
    bands = weights_of(method, fitted).bands
    if bands is None or method.map_share is not None:
        return weighted_mean(probable, linear, _share(method, fitted))
    centre, rate = fitted.prior.mean.cpu().numpy(), fitted.subject.recording.frame_rate
    return bands.blend(probable, linear, centre, rate).clip(0, 255)


def finish(method: Combined, fits: Sequence[Fitted], found: Sequence[Solution], linear: Movie) -> Solution:
    """Return the weighted mean of the last search's movie and ridge's movie, with its standard deviation.

    Parameters
    ----------
    fits
        Fits of each trial that was explained, starting with the one to reconstruct, whose weights are used.
    linear
        (time, height, width).
    """
    first, probable = fits[0], found[-1].movie
    movie = weigh(method, first, probable, linear)
    learned = [each for fitted in fits if (each := fitted.errors)] if method.calibrated else []
    if not learned or len(learned) < len(fits):
        return combine(found, movie, None, None)
    known = learned[0] if len(learned) == 1 else joined_errors(learned)
    std = known.std(movie, probable - linear, first.subject.recording.frame_rate)
    return combine(found, movie, std, known.information)


def search_trial(fitted: Fitted, trial: Trial, searches: Sequence[Map], linear: Movie, share: float) -> list[Solution]:
    """Return the solutions of the searches for a trial's most probable movie (see ``search_in_turns``)."""
    problem, scenes = problem_of_trial(fitted, trial, searches[0]), fitted.scenes if len(searches) > 1 else None

    def find(posed: Problem, search: Map, _: str, start: Movie | None) -> Solution:
        return solve(posed, search, start=start, device=fitted.subject.device)

    return search_in_turns(searches, problem, scenes, linear, share, find)
