"""Going on with a search once the prior knows cuts: what was learned of the curvature, in other white coefficients."""

from reverie.reconstruction.priors.gaussian import GaussianPrior
from reverie.reconstruction.solvers.quasi_newton import Curvature


def recut(curvature: Curvature, whole: GaussianPrior, pieces: GaussianPrior, weight: float) -> Curvature:
    """Return a loss's curvature under another prior, which differs from the first in where it is cut.

    weight: of the prior in the loss. The likelihood is the same function of the movie as before: its information about
    a coefficient, per unit of the prior's power, holds at the coefficient's frequency in any shot, and its part of a
    change of the gradient is turned into one with respect to grey levels and back.
    """
    frames = len(curvature.diagonal)
    before, after = (prior.amplitude(frames).square() for prior in (whole, pieces))
    told = pieces.shot_by_shot((curvature.diagonal - weight) / before)
    renewed = Curvature.begin(weight + told * after)
    for step, change in zip(curvature.steps, curvature.changes, strict=True):
        moved = pieces.whitened(whole.colour(step))
        by_grey_levels = whole.colour((change - weight * step) / before) / whole.deviation.square()
        renewed = renewed.learned(moved, pieces.adjoint(by_grey_levels) + weight * moved, len(curvature.steps))
    return renewed
