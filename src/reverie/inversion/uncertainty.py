"""How far the most probable movie may be off: draws from the Laplace approximation of its posterior.

Around the most probable white coefficients the posterior is taken as Gaussian, its precision being the Gauss-Newton
matrix: the prior's weight plus the Fisher information of the responses. A draw solves one linear system with a random
right-hand side whose covariance is that matrix (perturb and solve), by conjugate gradients.
Source: Papandreou & Yuille, Gaussian sampling by local perturbations, 2010.
"""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from reverie.inversion.conjugate_gradients import Coefficients, conjugate_gradients
from reverie.inversion.objective import gauss_newton_product, information_draw
from reverie.inversion.priors.gaussian import GaussianPrior
from reverie.inversion.problem import Problem


def draw_departure(
    problem: Problem,
    prior: GaussianPrior,
    movie: Float[Tensor, "time height width"],
    bend: Float[Tensor, "time height width"],
    ease: Callable[[Coefficients], Coefficients],
    *,
    weight: float,
    iterations: int,
    generator: torch.Generator,
) -> Float[Tensor, "time height width"]:
    """Return one draw of how a movie from the posterior departs from the most probable one, in grey levels, unclipped.

    bend: slope of the soft clip at the movie. ease: multiplies by an estimate of the inverse precision, with which the
    conjugate gradients are preconditioned; few iterations are enough then.
    """

    def precision(white: Coefficients) -> Coefficients:
        told = gauss_newton_product(problem, movie, bend * prior.colour(white))
        return weight * white + prior.adjoint(bend * told)

    noise = torch.randn(len(movie), *prior.scene_size, generator=generator).to(movie.device)
    told = prior.adjoint(bend * information_draw(problem, movie, generator))
    # From a draw of the prior, which is right wherever the responses say nothing, however few the iterations.
    white = conjugate_gradients(precision, weight**0.5 * noise + told, ease, iterations, weight**-0.5 * noise)
    return prior.colour(white)
