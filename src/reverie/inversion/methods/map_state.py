"""The state of the search for the most probable movie between two steps, where it starts, and its prior."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from reverie.foundation.arrays import Movie
from reverie.foundation.errors import ReverieError
from reverie.inversion.methods.curvature import Curvature, Precision, dot
from reverie.inversion.priors.gaussian import GaussianPrior
from reverie.inversion.problem import Problem

IMPROBABLE = 10.0
"""A movie is not used as a start if its squared white coefficients are this many times those of a draw from the prior.
Ridge's movies have .004 times as much for natural movies, 1.4 times for white noise."""

PRECISION = "precision."
"""Prefix of the names of the precision's arrays."""

OWN = ("draw", "ahead", "around")
"""The tensors of the state itself."""

POINT = ("white", "gradient", "slope", "movie")
"""The tensors of a point."""


@dataclass(frozen=True)
class Point:
    """A point of the search, and the loss, gradient and movie there."""

    white: Float[Tensor, "time row column"]
    """White coefficients of the movie."""
    loss: float
    """J at this point."""
    gradient: Float[Tensor, "time row column"]
    """Gradient of J with respect to the coefficients."""
    slope: Float[Tensor, "time height width"]
    """Gradient of the likelihood alone, with respect to grey levels before the clip."""
    movie: Float[Tensor, "time height width"]
    """The movie, grey levels 0-255."""


@dataclass(frozen=True)
class MapState:
    """The whole state of the solver between two steps."""

    step: int
    passes: int
    """Frames sent through encoders so far, forward and back, in published windows."""
    point: Point
    curvature: Curvature
    draw: Float[Tensor, "time height width"]
    """(time, height, width), a random gradient with respect to grey levels whose covariance is the information of the
    responses."""
    ahead: Float[Tensor, "time row column"]
    """The direction of the next step."""
    around: Float[Tensor, "pair time height width"]
    """(pair, time, height, width), departures from the movie, grey levels before the clip; the likelihood is averaged
    over movies that depart so, and in the opposite direction."""
    total_decrease: float = 0.0
    """The total decrease of the loss so far."""
    settled: bool = False
    """Whether the loss hardly falls any more, or no step lowers it."""
    starts: tuple[int, ...] | None = None
    """First frames of the shots that were found, None until cuts are searched for."""

    @property
    def loss(self) -> float:
        """The loss of the current movie, in nats: negative log likelihood and prior."""
        return self.point.loss

    @property
    def movie(self) -> Float[Tensor, "time height width"]:
        """The current movie, grey levels 0-255."""
        return self.point.movie

    def to(self, device: torch.device) -> "MapState":
        """Return the same state on another device."""
        point = self.point
        tensors = {name: getattr(point, name).to(device) for name in POINT}
        return replace(
            self,
            point=replace(point, **tensors),
            curvature=self.curvature.to(device),
            **{name: getattr(self, name).to(device) for name in OWN},
        )

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Return everything as arrays."""
        tensors = {
            "steps": self.curvature.steps,
            "changes": self.curvature.changes,
            **{name: getattr(self, name) for name in OWN},
            **{name: getattr(self.point, name) for name in POINT},
        }
        return {
            **{name: tensor.cpu().numpy() for name, tensor in tensors.items()},
            "counts": np.array([self.step, self.passes, self.settled]),
            "losses": np.array([self.point.loss, self.total_decrease]),
            "starts": np.array(self.starts or (), dtype=np.int64),
            **{PRECISION + name: array for name, array in self.curvature.precision.to_arrays().items()},
        }

    @staticmethod
    def from_arrays(arrays: Mapping[str, np.ndarray]) -> "MapState":
        """Return the state whose ``to_arrays`` gave these arrays."""
        loss, total_decrease = (float(value) for value in arrays["losses"])
        tensors = {name: torch.from_numpy(arrays[name]) for name in POINT}
        pairs = (torch.from_numpy(arrays[name]) for name in ("steps", "changes"))
        step, passes, settled = (int(count) for count in arrays["counts"])
        precision = {
            name.removeprefix(PRECISION): array for name, array in arrays.items() if name.startswith(PRECISION)
        }
        return MapState(
            step,
            passes,
            Point(loss=loss, **tensors),
            Curvature(Precision.from_arrays(precision), *pairs),
            **{name: torch.from_numpy(arrays[name]) for name in OWN},
            total_decrease=total_decrease,
            settled=bool(settled),
            starts=tuple(int(start) for start in arrays["starts"]) or None,
        )


def with_cuts(problem: Problem, state: MapState) -> Problem:
    """Return the problem with the cuts found so far in its prior."""
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


def start_coefficients(start: Movie, problem: Problem) -> Float[Tensor, "time row column"]:
    """Return the white coefficients of a movie to start from; 0, the prior's mean, where it is far too improbable.

    Raises ReverieError when it is not a movie of the problem's shape, or not finite.
    """
    expected = (problem.frames, *problem.frame_size)
    if start.shape != expected or not np.isfinite(start).all():
        raise ReverieError(f"The movie to start from should be {expected} with finite grey levels.")
    prior, movie = prior_of(problem), torch.tensor(np.asarray(start, dtype=np.float32), device=problem.device)
    white = prior.whitened(movie - prior.mean)
    # The squared length of a draw from the prior is about the number of its coefficients.
    return white if dot(white, white) <= IMPROBABLE * white.numel() else torch.zeros_like(white)
