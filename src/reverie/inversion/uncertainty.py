"""Uncertainty of the most probable movie: draws from the Laplace approximation of its posterior, and information.

Around the most probable white coefficients, the posterior is approximated by a Gaussian whose precision is the
Gauss-Newton matrix: the prior's weight plus the Fisher information of the responses. A draw solves one linear system
with a random right-hand side whose covariance is that matrix (perturb and solve), by conjugate gradients. Information
is the share of the prior's variance that the responses removed at each pixel. Source: Papandreou & Yuille, Gaussian
sampling by local perturbations, 2010.
"""

from collections.abc import Callable

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from reverie.foundation.arrays import Movie
from reverie.inversion.methods.curvature import Coefficients, conjugate_gradients, estimated_precision
from reverie.inversion.methods.grey_levels import slope_of_clip
from reverie.inversion.methods.map_state import prior_of
from reverie.inversion.objective import gauss_newton_product, information_draw
from reverie.inversion.priors.gaussian import GaussianPrior
from reverie.inversion.priors.spectrum import cosines
from reverie.inversion.problem import Problem

InformationMap = Float[np.ndarray, "height width"]
"""Information, 0 to 1, of each pixel: 1 where the responses determine it fully, 0 where they hold no information."""

MOST_ITERATIONS, RESIDUAL = 24, 5e-4
"""For each draw: largest number of iterations of conjugate gradients, and the share of the squared residual at which
they stop, which they reach after 9 iterations with 500 neurons and after 11 with 8000. After 6 iterations the standard
deviation would be a fifth too large."""


def draw_departure(
    problem: Problem,
    movie: Float[Tensor, "time height width"],
    slope: Float[Tensor, "time height width"],
    precondition: Callable[[Coefficients], Coefficients],
    *,
    weight: float,
    generator: torch.Generator,
) -> Float[Tensor, "time height width"]:
    """Return a posterior draw's departure from the most probable movie, in grey levels, unclipped.

    Parameters
    ----------
    problem
        The observations and the Gaussian prior.
    movie
        The most probable movie, after the soft clip.
    slope
        Slope of the soft clip at the movie, 0 to 1.
    precondition
        The preconditioner of conjugate gradients: multiplies by an estimate of the inverse precision, so that few
        iterations are enough.
    weight
        Weight of the prior.
    generator
        Random generator of the draw.
    """
    prior = prior_of(problem)

    def precision(white: Coefficients) -> Coefficients:
        product = gauss_newton_product(problem, movie, slope * prior.colour(white))
        return weight * white + prior.adjoint(slope * product)

    noise = torch.randn(len(movie), *prior.scene_size, generator=generator).to(movie.device)
    drawn = prior.adjoint(slope * information_draw(problem, movie, generator))
    # Starts from a draw of the prior, which is right where responses hold no information, however few the iterations.
    right_side, start = weight**0.5 * noise + drawn, weight**-0.5 * noise
    white = conjugate_gradients(precision, right_side, precondition, MOST_ITERATIONS, start, RESIDUAL)
    return prior.colour(white)


def information_map(movie: Movie, std: Movie, prior: GaussianPrior, softness: float) -> InformationMap:
    """Return 1 − posterior variance / prior variance of each pixel (height, width), both averaged over frames.

    Both variances are of grey levels after the soft clip (of ``softness`` grey levels) at this movie, so that its slope
    affects both equally. 0 where the posterior's variance happens to be larger.

    Parameters
    ----------
    movie
        The most probable movie.
    std
        The posterior's standard deviation, from draws, (time, height, width).
    """
    slope = slope_of_clip(torch.from_numpy(movie), softness).numpy()
    before = (np.square(slope) * prior_variance(prior, len(movie))).mean(axis=0)
    after = np.square(std, dtype=np.float64).mean(axis=0)
    return np.asarray(np.clip(1 - after / np.maximum(before, 1e-9), 0, 1), dtype=np.float32)


def prior_variance(prior: GaussianPrior, frames: int) -> Float[np.ndarray, "{frames} height width"]:
    """Return the variance of each pixel of a clip under the prior, before the clip, in squared grey levels.

    It is the sum over coefficients of their variance times the squared value of their cosine at the pixel, computed by
    multiplying the spectrum by squared cosines, one dimension after the other.
    """
    variance = prior.amplitude(frames).square().cpu().double()
    for dimension, length in enumerate(variance.shape):
        squares = cosines(length, variance.dtype, variance.device).square()
        variance = torch.tensordot(squares.T, variance.movedim(dimension, 0), dims=1)
        variance = variance.movedim(0, dimension)
    return np.asarray((variance * prior.deviation.cpu().square()).numpy())


def information_bits(draw: Float[torch.Tensor, "time height width"], prior: GaussianPrior) -> float:
    """Return the information of the responses about a movie, in bits: Σ ½ log2(1 + S · I) over white coefficients.

    Coefficients are treated as independent, which makes it an upper bound (Hadamard's inequality).

    Parameters
    ----------
    draw
        A random gradient whose covariance is the responses' information (``information_draw``).
    """
    diagonal = estimated_precision(draw, prior, 1.0).diagonal
    return float(diagonal.log2().sum() / 2)
