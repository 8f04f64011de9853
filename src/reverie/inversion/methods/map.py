"""The most probable movie: a likelihood of the responses, a Gaussian prior over movies, and quasi-Newton steps."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import torch
from jaxtyping import Float
from scipy.ndimage import gaussian_filter
from torch import Tensor

from reverie.foundation.arrays import WHITE, Movie
from reverie.foundation.requests import (
    ABOVE_0,
    AT_LEAST_0,
    AT_LEAST_1,
    Range,
    convert_fields,
    require_possible,
    require_seed,
)
from reverie.inversion.cuts import shots_found
from reverie.inversion.methods.curvature import Curvature, dot, estimated_precision
from reverie.inversion.methods.grey_levels import expected_grey, slope_of_clip, soft_clip
from reverie.inversion.methods.map_loss import MapLoss, line_search
from reverie.inversion.methods.map_state import MapState, prior_of, start_coefficients, with_cuts
from reverie.inversion.objective import information_draw, passes_of
from reverie.inversion.postprocessing import LARGEST_BLUR
from reverie.inversion.problem import Problem
from reverie.inversion.uncertainty import draw_departure

NEARLY_SETTLED = 5
"""Cuts are searched for once a step lowers the loss by less than this multiple of the decrease that settles the
search."""

STD_BLUR = (4.0, 2.0, 2.0)
"""Gaussian sigma in frames and pixels by which squared draws are smoothed."""

MOST_AVERAGED = 100
"""Largest number of pairs over which a likelihood is averaged; after two, hardly anything changes."""

LIKELIHOODS = ("measured", "sizes", "events", "both", "traces")
"""Names of the likelihoods, by which ``LikelihoodFits`` finds them."""


@dataclass(frozen=True)
class Map:
    """The movie that is most probable given the responses and a prior over movies.

    It is the movie x with the least J:

        J(w) = −log likelihood of all responses  +  weight / 2 · ‖w‖²,
        x = soft_clip( mean + colour(w) ),

    with the log likelihood of x alone, or averaged over movies that scatter around x as much as the responses leave
    open (``averaged_over``). Here mean and colour belong to the Gaussian prior of the problem, under which the white
    coefficients w are independent with unit variance. The likelihood is that of each observation, given its encoder's
    rates to the whole clip x; every frame counts once. J is minimised by limited-memory BFGS with a line search,
    starting from the prior's mean and an estimate of the curvature (``Precision``), drawn once at a movie from the
    prior. The last step, whose predicted change is negligible, is taken without a pass. The movie returned is the
    expectation of the clipped values, given the remaining uncertainty.

    Masks are not used: where the population does not see, the movie stays at the prior's mean. Sources: Nocedal &
    Wright, Numerical Optimization, 2006, chapter 7; Opper & Archambeau, The variational Gaussian approximation
    revisited, Neural Computation 21, 2009 (the average). Raises ReverieError when a setting is out of range.
    """

    name: ClassVar[str] = "map"

    steps: int = 60
    """Largest number of steps; usually the search settles earlier."""
    tolerance: float = 4e-3
    """The search settles when a step lowers J, or the next one is predicted to, by less than this share of its total
    decrease."""
    weight: float = 1.0
    """Weight of the prior over movies; 1 uses prior and likelihood as fitted."""
    softness: float = 8.0
    """Grey levels over which the soft clip bends into 0 and 255."""
    pairs: int = 10
    """Number of pairs of steps and gradient changes that the quasi-Newton method keeps."""
    averaged_over: int = 0
    """Pairs of movies over which the likelihood is averaged: the movie plus and minus a draw from the approximate
    posterior, made once at the start, which fills in detail that the responses leave open. 0 uses the movie alone."""
    draws: int = 2
    """Draws from the posterior, for its standard deviation; each costs about as much as a search, 0 for none."""
    seed: int = 0
    """Seed of all random draws."""
    longest: float = 40.0
    """Largest change of the unclipped movie in one step, grey levels (root mean square): from pixels far beyond black
    or white, the search would take dozens of steps to return."""
    find_cuts: bool = True
    """Look for cuts in the movie once the search has nearly settled, and treat the shots before and after a cut as
    independent."""
    likelihood: str = "measured"
    """The likelihood: of the responses' `sizes` (Poisson), of their presence alone (`events`), of `both`, of their
    level (`traces`, Gaussian), or the one `measured` to suit the training trials best."""
    calibrated: bool = True
    """Scale the standard deviation so that intervals hold the truth as often as they should. The scale is learned once
    for each encoder and animal, from short reconstructions of trials whose movies are known."""
    blur: float = 0.0
    """Gaussian sigma of a final blur, in pixels and frames."""

    def __post_init__(self) -> None:
        convert_fields(self)
        require_seed(self.seed)
        require_possible(
            self,
            steps=AT_LEAST_1,
            tolerance=AT_LEAST_0,
            weight=ABOVE_0,
            softness=Range(0, WHITE, above=True),
            pairs=AT_LEAST_1,
            averaged_over=Range(0, MOST_AVERAGED),
            draws=AT_LEAST_0,
            longest=Range(0, above=True, infinite=True),
            likelihood=LIKELIHOODS,
            blur=Range(0, LARGEST_BLUR),
        )

    def begin(self, problem: Problem, start: Movie | None = None) -> MapState:
        """Return the state before the first step: the prior's mean, or the movie ``start`` (time, height, width).

        The information of the responses is measured at ``start``, or at a movie drawn from the prior. The mean is also
        where the search starts if ``start`` is far less probable under the prior than a movie drawn from it.

        Raises ReverieError when the problem has no Gaussian prior of its frame size, or ``start`` is of another shape,
        is not finite or would have to follow a moving camera.
        """
        prior, generator = prior_of(problem), torch.Generator().manual_seed(self.seed)
        drawn = torch.randn(problem.frames, *prior.scene_size, generator=generator).to(problem.device)
        white = torch.zeros_like(drawn) if start is None else start_coefficients(start, problem)
        from_mean = not bool(white.any())
        movie, clip_slope = soft_clip(prior.mean + prior.colour(drawn if from_mean else white), self.softness)
        draw = information_draw(problem, movie, generator) * clip_slope
        precision = estimated_precision(draw, prior, self.weight)
        pairs = [prior.colour(precision.draw(generator)) for _ in range(self.averaged_over)]
        around = torch.stack(pairs) if pairs else draw.new_zeros(0, *draw.shape)
        loss = self._loss(problem, around)
        point = loss.evaluate(white)
        curvature = Curvature.begin(precision)
        passes = (1 + loss.evaluations) * passes_of(problem, problem.frames)
        state = MapState(0, passes, point, curvature, draw, curvature.direction(point.gradient), around)
        return state if from_mean else self._with_decrease_from_mean(problem, state)

    def step(self, problem: Problem, state: MapState) -> MapState:
        """Return the state one step further; raises ReverieError when loss or gradient is not finite."""
        loss = self._loss(with_cuts(problem, state), state.around)
        found, tried = line_search(loss, state.point, state.ahead, self.longest)
        passes = state.passes + tried * loss.evaluations * passes_of(problem, problem.frames)
        state = replace(state, step=state.step + 1, passes=passes)
        if found is None:
            return self._without_decrease(problem, state)
        decrease = state.point.loss - found.loss
        curvature = state.curvature.with_pair(
            found.white - state.point.white, found.gradient - state.point.gradient, self.pairs
        )
        total = state.total_decrease + decrease
        state = self._with_direction(replace(state, point=found, curvature=curvature, total_decrease=total))
        predicted = -dot(state.ahead, state.point.gradient) / 2
        negligible = self.tolerance * total
        state = replace(state, settled=min(decrease, predicted) < negligible)
        near = state.settled or decrease < NEARLY_SETTLED * negligible
        return self._look_for_cuts(problem, state) if near and self.find_cuts and state.starts is None else state

    def restore(self, arrays: Mapping[str, np.ndarray]) -> MapState:
        """Return the state whose ``to_arrays`` gave these arrays."""
        return MapState.from_arrays(arrays)

    def estimate(self, problem: Problem, state: MapState) -> tuple[Float[Tensor, "time height width"], Movie | None]:
        """Return the movie and, where there are draws, the posterior's standard deviation, both (time, height, width).

        The standard deviation is in grey levels. Squared draws are averaged over neighbouring pixels and frames, since
        a few draws alone estimate it poorly.
        """
        problem = with_cuts(problem, state)
        prior, precision = prior_of(problem), state.curvature.precision
        white = state.point.white + state.ahead if state.settled else state.point.white
        values = prior.mean + prior.colour(white)
        remaining = (precision.amplitudes.square() / precision.diagonal).mean().sqrt()
        movie = expected_grey(values, remaining * prior.deviation, self.softness)
        return movie, self._std(problem, state, values, movie) if self.draws else None

    def _std(self, problem: Problem, state: MapState, values: Tensor, shown: Tensor) -> Movie:
        generator = torch.Generator().manual_seed(self.seed)
        (movie, clip_slope), squares = soft_clip(values, self.softness), torch.zeros_like(values)
        precondition = state.curvature.precision.solve
        for _ in range(self.draws):
            departure = draw_departure(
                problem, movie, clip_slope, precondition, weight=self.weight, generator=generator
            )
            squares += (slope_of_clip(shown, self.softness) * departure).square()
        variance = gaussian_filter((squares / self.draws).cpu().numpy(), STD_BLUR, mode="nearest")
        std: Movie = np.sqrt(variance)
        return std

    def _loss(self, problem: Problem, around: Float[Tensor, "pair time height width"]) -> MapLoss:
        return MapLoss(problem, self.weight, self.softness, around)

    def _with_decrease_from_mean(self, problem: Problem, state: MapState) -> MapState:
        """Return the first state of a search from another movie with its decrease from the prior's mean.

        The tolerance relates to that decrease, which is negative where the mean is more probable.
        """
        loss = self._loss(problem, state.around)
        # Forward alone takes about a third of a pass.
        passes = state.passes + -(-loss.evaluations * passes_of(problem, problem.frames) // 3)
        return replace(state, passes=passes, total_decrease=loss.at_mean() - state.loss)

    def _with_direction(self, state: MapState) -> MapState:
        """Return the state with the direction of the next step, in which the loss falls."""
        ahead = state.curvature.direction(state.point.gradient)
        if dot(ahead, state.point.gradient) < 0:
            return replace(state, ahead=ahead)
        curvature = state.curvature.without_pairs()
        return replace(state, curvature=curvature, ahead=curvature.direction(state.point.gradient))

    def _without_decrease(self, problem: Problem, state: MapState) -> MapState:
        """Return the state after a direction along which the loss does not fall."""
        if len(state.curvature.steps):
            return self._with_direction(replace(state, curvature=state.curvature.without_pairs()))
        # Without pairs, and still without decrease, the movie cannot be made more probable.
        stuck = replace(state, ahead=torch.zeros_like(state.ahead), settled=True)
        return self._look_for_cuts(problem, stuck) if self.find_cuts and state.starts is None else stuck

    def _look_for_cuts(self, problem: Problem, state: MapState) -> MapState:
        """Return the first state of a search with the shots found, or the same state where there is only one shot."""
        state = replace(state, starts=tuple(shots_found(state.movie.cpu().numpy())))
        if state.starts == (0,):
            return state
        whole, pieces = prior_of(problem), prior_of(with_cuts(problem, state))
        # The same movie in other coefficients, so that its likelihood and slope are known.
        before = state.point.white
        white = pieces.whitened(whole.colour(before))
        loss = state.point.loss + self.weight / 2 * (dot(white, white) - dot(before, before))
        gradient = pieces.adjoint(state.point.slope) + self.weight * white
        point = replace(state.point, white=white, loss=loss, gradient=gradient)
        curvature = Curvature.begin(estimated_precision(state.draw, pieces, self.weight))
        return self._with_direction(replace(state, point=point, curvature=curvature, settled=False))
