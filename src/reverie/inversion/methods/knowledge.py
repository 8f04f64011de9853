"""What the prior of a problem is, and what it is once more is known of the movie."""

from dataclasses import replace

from reverie.foundation.errors import ReverieError
from reverie.inversion.methods.map_state import MapState
from reverie.inversion.priors.gaussian import GaussianPrior
from reverie.inversion.problem import Problem


def informed(problem: Problem, state: MapState) -> Problem:
    """Return the problem with what was found of cuts and motion known to its prior."""
    if state.path is not None:
        return replace(problem, prior=prior_of(problem).following(state.starts or (0,), state.path))
    return problem if state.starts is None else replace(problem, prior=prior_of(problem).cut(state.starts))


def prior_of(problem: Problem) -> GaussianPrior:
    """Return the problem's Gaussian prior; raises ReverieError when it has none or one for another frame size."""
    if not isinstance(problem.prior, GaussianPrior):
        raise ReverieError("The method `map` needs a Gaussian prior; fit one to training movies (`fit_prior`).")
    if problem.prior.frame_size != problem.frame_size:
        raise ReverieError(
            f"The prior was fitted to movies of {problem.prior.frame_size} pixels but the encoder takes "
            f"{problem.frame_size}; fit one to this recording's movies."
        )
    return problem.prior
