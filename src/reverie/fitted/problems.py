"""From a trial to a problem: the observation of an animal's responses, with the likelihood and prior fitted to it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
import torch

from reverie.fitted.fitted import Fitted
from reverie.foundation.arrays import Responses
from reverie.inversion.methods.map import Map
from reverie.inversion.methods.registry import Method
from reverie.inversion.priors.gaussian import GaussianPrior
from reverie.inversion.problem import Observation, Problem
from reverie.recordings.opening import responses_of
from reverie.recordings.trial import Trial

SHORT: Final = 150
"""Frames, from its start, of a trial reconstructed to learn from: half the time, yet long enough for cuts, where
errors are largest."""


def problem_of_trial(fitted: Fitted, trial: Trial, method: Method) -> Problem:
    """Return the problem of one trial seen through one encoder, with what the method wants to know.

    Raises ReverieError when the trial has no responses.
    """
    return Problem((observe(fitted, trial, method),), prior=prior_for([fitted], method))


def observe(
    fitted: Fitted, trial: Trial, method: Method, responses: Responses | None = None, shared_by: int = 1
) -> Observation:
    """Return a trial as an observation through one encoder.

    responses: (neuron, time), the trial's own by default. shared_by: how many encoders explain the same responses; each
    has as many times the dispersion, so that the responses are counted once.
    Raises ReverieError when there are no responses.
    """
    given = responses_of(fitted.subject.animal, trial) if responses is None else responses
    likelihood = None
    if isinstance(method, Map):
        likelihood = fitted.likelihood.find(method.likelihood).over_dispersed(shared_by)
    # Copies: the arrays of a recording are memory-mapped and may not be written.
    state, told = torch.tensor(trial.known_state), torch.tensor(given)
    return Observation(fitted.subject.encoder, fitted.subject.animal, state, told, likelihood=likelihood)


def prior_for(fits: Sequence[Fitted], method: Method) -> GaussianPrior | None:
    """Return the prior that a method wants: that of the first encoder's training movies, or none."""
    if not isinstance(method, Map):
        return None
    return fits[0].scenes if method.follow > 0 else fits[0].prior


def beginning_of(trial: Trial, frames: int) -> Trial:
    """Return the first frames of a trial.

    Only a trial's beginning can be cut out: what came before it is the grey screen that encoders take for granted.
    """
    first = slice(0, frames)
    responses = None if trial.responses is None else np.array(trial.responses[:, first])
    movie = None if trial.movie is None else np.array(trial.movie[first])
    return replace(trial, movie=movie, state=np.array(trial.state[:, first]), responses=responses)
