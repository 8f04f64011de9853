"""One trial through one encoder, solved by any method with what was fitted."""

from dataclasses import replace

from reverie.fitted.fitted import Fitted
from reverie.fitted.problems import problem_of_trial
from reverie.foundation.arrays import Mask
from reverie.inversion.linear.contract import Decoder, decode
from reverie.inversion.methods.best import Best, BestDecoder
from reverie.inversion.methods.combined import Combined, combine
from reverie.inversion.methods.map import Map
from reverie.inversion.methods.paper import Paper
from reverie.inversion.methods.registry import Method
from reverie.inversion.problem import Solution
from reverie.inversion.solve import solve
from reverie.recordings.opening import responses_of
from reverie.recordings.trial import Trial


def solve_trial(
    fitted: Fitted, trial: Trial, method: Method, *, mask: Mask | None = None, ridge: Decoder | None = None
) -> Solution:
    """Return what a method makes of one trial with one encoder.

    Parameters
    ----------
    fitted
        What the method needs of the animal and the encoder.
    trial
        With responses.
    method
        Any method.
    mask
        Where pixels may move, (height, width), for the published method; the fitted one by default.
    ridge
        Another ridge decoder than the fitted one.

    Raises
    ------
    ReverieError
        When the trial has no responses, or something the method needs was not fitted.
    """
    device, animal = fitted.subject.device, fitted.subject.animal
    if isinstance(method, Paper):
        moved = replace(method, mask=fitted.mask if mask is None else mask)
        return solve(problem_of_trial(fitted, trial, method), moved, device=device)
    if isinstance(method, Map):
        return solve(problem_of_trial(fitted, trial, method), method, device=device)
    responses = responses_of(animal, trial)
    if isinstance(method, Combined):
        search, share = method.search(fitted.weights.likelihood), share_of(method, fitted)
        found = solve(problem_of_trial(fitted, trial, search), search, device=device)
        return combine(found, (ridge or fitted.ridge).decode(responses), share)
    return decode(decoder_of(method, fitted), responses, trial.known_state)


def share_of(method: Combined, fitted: Fitted) -> float:
    """Return the share of the most probable movie: as asked for, or as measured."""
    return fitted.weights.share if method.map_share is None else method.map_share


def decoder_of(method: Method, fitted: Fitted) -> Decoder:
    """Return the decoder that a method is."""
    if not isinstance(method, Best):
        return fitted.ridge
    decoder = fitted.best
    return decoder.altered(method.map_share, method.follow) if isinstance(decoder, BestDecoder) else decoder
