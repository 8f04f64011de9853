"""The most probable movie: a likelihood of the responses, a Gaussian prior over movies, and quasi-Newton steps."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import prod

import numpy as np
import torch
from jaxtyping import Float
from scipy.ndimage import gaussian_filter
from torch import Tensor
from torch.nn import functional

from reverie.foundation.arrays import WHITE, Movie
from reverie.foundation.errors import ReverieError
from reverie.reconstruction.cuts import shots_found
from reverie.reconstruction.objective import information_draw, loss_and_gradient, passes_of
from reverie.reconstruction.posterior import draw_departure
from reverie.reconstruction.priors.gaussian import GaussianPrior
from reverie.reconstruction.priors.scenes import path_in
from reverie.reconstruction.problem import Problem
from reverie.reconstruction.solvers.knowledge import informed, prior_of
from reverie.reconstruction.solvers.map_state import MapState, Point
from reverie.reconstruction.solvers.quasi_newton import Curvature, dot
from reverie.reconstruction.solvers.recutting import recut

HALVINGS = 8
"""Times a step is shortened before the direction is given up."""

SUFFICIENT = 1e-4
"""Share of the decrease that the slope promises which a step must bring (Armijo's rule)."""

NEIGHBOURS = (2.0, 1.0, 1.0)
"""Gaussian sigma in frequency steps over which the information of single coefficients is averaged."""

NEARLY = 10
"""Times the tolerance a step may lower the loss by when cuts are looked for."""

LARGEST = 6
"""Times the size of the frame that a scene may have; a camera that moves farther is not followed."""

SOLVING = 6
"""Iterations of conjugate gradients for each draw from the posterior."""

SPREAD_BLUR = (4.0, 2.0, 2.0)
"""Gaussian sigma in frames and pixels by which squared draws are smoothed."""


@dataclass(frozen=True)
class MapSolver:
    """Find the movie x that is most probable given the responses: the least

        J(w) = −log likelihood of all responses  +  weight / 2 · ‖w‖²,
        x = soft_clip( mean + colour(w) ),

    where mean and colour belong to the Gaussian prior of the problem, under which the white coefficients w are
    independent with unit variance. The likelihood is that of each observation's
    noise, given its encoder's rates to the whole clip x, every frame counted once. J falls by
    limited-memory BFGS with a line search. It starts at the prior's mean, from a diagonal estimate of the curvature:
    weight + the Fisher information of each coefficient, drawn once at a movie from the prior and averaged over
    neighbouring frequencies, without which three times as many passes are needed.

    steps: at most; usually it settles before. tolerance: it settles when a step lowers J by less than this share of
    all it fell so far. weight: of the prior; 1 takes likelihood and prior at their word. softness: grey levels over
    which the soft clip bends into 0 and 255. memory: pairs of steps and gradients kept. draws: from the posterior, for
    the spread; 0 for none. seed: of all that is drawn. longest: a step changes the movie, before it is clipped, by at
    most so many grey levels (root mean square): a step that drives pixels far beyond black or white lowers J at once,
    and takes dozens of steps to come back from, since there the soft clip is flat. find_cuts: once the movie has nearly
    settled, look for cuts in it, and go on with a prior that knows them. follow: how often to measure, once it has
    settled, how its picture moves as a whole, and to search anew with a prior that knows it, if the prior knows scenes;
    what is found so is kept where the responses speak for it (``MapState.surprise``).
    Masks play no part: where the population does not see, the prior's mean stays.
    Source: Nocedal & Wright, Numerical Optimization, 2006, chapter 7.
    Raises ReverieError when a setting is out of range.
    """

    steps: int = 60
    tolerance: float = 2e-3
    weight: float = 1.0
    softness: float = 8.0
    memory: int = 10
    draws: int = 0
    seed: int = 0
    longest: float = 30.0
    find_cuts: bool = True
    follow: int = 0

    def __post_init__(self) -> None:
        if not (
            min(self.steps, self.memory) >= 1
            and min(self.weight, self.softness, self.longest) > 0
            and min(self.tolerance, self.draws, self.follow) >= 0
        ):
            raise ReverieError(
                "The settings of the method `map` are not possible: steps and memory must be at least 1, weight, "
                "softness and longest above 0, tolerance, draws and follow at least 0."
            )

    def begin(self, problem: Problem, start: Movie | None = None) -> MapState:
        """Return the state before the first step: the prior's mean.

        Raises ReverieError when the problem has no Gaussian prior of its frame size, or ``start`` is given: a movie
        to start from would have to be probable under the prior.
        """
        if start is not None:
            raise ReverieError("The method `map` starts from the mean of its prior; give it no movie to start from.")
        return self._begin_under(problem)

    def step(self, problem: Problem, state: MapState) -> MapState:
        """Return the state one step further; raises ReverieError when loss or gradient is not finite."""
        asked = informed(problem, state)
        direction = state.curvature.direction(state.point.gradient)
        slope = dot(direction, state.point.gradient)
        if slope >= 0:
            state = replace(state, curvature=state.curvature.forgotten())
            direction = state.curvature.direction(state.point.gradient)
            slope = dot(direction, state.point.gradient)
        found, tried = self._search(asked, state.point, direction, slope)
        state = replace(state, step=state.step + 1, passes=state.passes + tried * passes_of(problem, problem.frames))
        if found is None:
            # Nothing remembered and still no way down: the movie is as probable as it gets.
            done = len(state.curvature.steps) == 0
            state = replace(state, curvature=state.curvature.forgotten(), settled=done)
            return self._learn(problem, state) if done else state
        fell = state.point.loss - found.loss
        curvature = state.curvature.learned(
            found.white - state.point.white, found.gradient - state.point.gradient, self.memory
        )
        fallen = state.fallen + fell
        moved = replace(state, point=found, curvature=curvature, fallen=fallen, settled=fell < self.tolerance * fallen)
        return self._learn(problem, moved) if fell < NEARLY * self.tolerance * fallen else moved

    def restore(self, arrays: Mapping[str, np.ndarray]) -> MapState:
        """Return the state whose ``to_arrays`` gave these arrays."""
        return MapState.from_arrays(arrays)

    def spread(self, problem: Problem, state: MapState) -> Movie | None:
        """Return the posterior's standard deviation (time, height, width) in grey levels, None without draws.

        The squared draws are averaged over neighbouring pixels and frames, since few draws say little about one.
        """
        if self.draws == 0:
            return None
        problem = informed(problem, state)
        prior, generator = prior_of(problem), torch.Generator().manual_seed(self.seed)
        movie, bend = self._soft_clip(prior.mean + prior.colour(state.point.white))
        squares = torch.zeros_like(movie)
        for _ in range(self.draws):
            squares += draw_departure(
                problem,
                prior,
                movie,
                bend,
                state.curvature.diagonal,
                weight=self.weight,
                iterations=SOLVING,
                generator=generator,
            ).square()
        variance = gaussian_filter((squares / self.draws).cpu().numpy(), SPREAD_BLUR, mode="nearest")
        spread: Movie = np.sqrt(variance)
        return spread

    def _begin_under(self, problem: Problem) -> MapState:
        """Return the first state of a search at the mean of the problem's prior."""
        prior = prior_of(problem)
        white = torch.zeros(problem.frames, *prior.scene_size, device=problem.device)
        diagonal = self.weight + self._information(problem, prior)
        passes = 2 * passes_of(problem, problem.frames)
        return MapState(0, passes, self._evaluate(problem, white), Curvature.begin(diagonal))

    def _learn(self, problem: Problem, state: MapState) -> MapState:
        """Return the first state of a search that knows more of the movie than before, or the state as it is."""
        if self.find_cuts and state.starts is None:
            return self._look_for_cuts(problem, state)
        return self._follow(problem, state) if state.settled and self.follow > 0 else state

    def _follow(self, problem: Problem, state: MapState) -> MapState:
        """Return the first state of a search that knows how the camera moves, or where the search ends.

        It ends where the responses do not speak for what it knew, with the movie before.
        """
        if state.before is not None and state.surprise(self.weight) >= state.before.surprise(self.weight):
            return replace(state.before, step=state.step, passes=state.passes, before=None)
        scenes, starts = prior_of(problem).scenes, state.starts or (0,)
        if scenes is None or state.followed >= self.follow:
            return state
        path = path_in(state.movie.cpu().numpy(), starts, scenes, again=state.followed > 0)
        told = replace(state, path=path, followed=state.followed + 1, before=replace(state, before=None))
        asked = informed(problem, told)
        if prod(prior_of(asked).scene_size) > LARGEST * prod(problem.frame_size):
            return state
        begun = self._begin_under(asked)
        passes = state.passes + begun.passes
        return replace(told, passes=passes, point=begun.point, curvature=begun.curvature, fallen=0.0, settled=False)

    def _look_for_cuts(self, problem: Problem, state: MapState) -> MapState:
        state = replace(state, starts=tuple(shots_found(state.movie.cpu().numpy())))
        if state.starts == (0,):
            return self._learn(problem, state)
        asked = informed(problem, state)
        whole, pieces = prior_of(problem), prior_of(asked)
        point = self._evaluate(asked, pieces.whitened(whole.colour(state.point.white)))
        curvature = recut(state.curvature, whole, pieces, self.weight)
        passes = state.passes + passes_of(problem, problem.frames)
        return replace(state, passes=passes, point=point, curvature=curvature, settled=False)

    def _search(self, problem: Problem, point: Point, direction: Tensor, slope: float) -> tuple[Point | None, int]:
        """Return the first point along the direction that is low enough, None if there is none, and how many tried."""
        change = float(prior_of(problem).colour(direction).square().mean().sqrt())
        length = min(1.0, self.longest / max(change, 1e-12))
        for tried in range(1, HALVINGS + 1):
            found = self._evaluate(problem, point.white + length * direction)
            if found.loss <= point.loss + SUFFICIENT * length * slope:
                return found, tried
            # The minimum of the parabola through both losses and the slope, kept within reason.
            parabola = -slope * length**2 / (2 * (found.loss - point.loss - slope * length))
            length = min(max(parabola, 0.1 * length), 0.5 * length)
        return None, HALVINGS

    def _evaluate(self, problem: Problem, white: Float[Tensor, "time row column"]) -> Point:
        prior = prior_of(problem)
        movie, bend = self._soft_clip(prior.mean + prior.colour(white))
        loss, gradient = loss_and_gradient(problem, movie)
        gradient = prior.adjoint(gradient * bend) + self.weight * white
        loss += self.weight / 2 * dot(white, white)
        if not (np.isfinite(loss) and bool(torch.isfinite(gradient).all())):
            raise ReverieError(
                "The loss or its gradient is not finite; the encoder's weights or the responses are damaged or out of "
                "range."
            )
        return Point(white, loss, gradient, movie)

    def _soft_clip(self, values: Tensor) -> tuple[Tensor, Tensor]:
        """Return values bent smoothly into 0-255, and the slope of the bend."""
        low, high = values / self.softness, (values - WHITE) / self.softness
        bent = self.softness * (functional.softplus(low) - functional.softplus(high))
        return bent, torch.sigmoid(low) - torch.sigmoid(high)

    def _information(self, problem: Problem, prior: GaussianPrior) -> Float[Tensor, "time row column"]:
        """Return what the responses say about each white coefficient, relative to the prior, on average."""
        generator = torch.Generator().manual_seed(self.seed)
        white = torch.randn(problem.frames, *prior.scene_size, generator=generator).to(problem.device)
        movie, bend = self._soft_clip(prior.mean + prior.colour(white))
        draw = prior.adjoint(information_draw(problem, movie, generator) * bend)
        power = prior.amplitude(problem.frames).square()
        # Averaged per unit of the prior's power, which differs between neighbours far more than the information does.
        smooth = gaussian_filter((draw.square() / power).cpu().numpy(), NEIGHBOURS, mode="nearest")
        return torch.from_numpy(smooth).to(problem.device) * power
