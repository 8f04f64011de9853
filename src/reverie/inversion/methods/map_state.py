"""Where the search for the most probable movie stands between two steps, and what its prior then knows."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from reverie.foundation.errors import ReverieError
from reverie.inversion.methods.curvature import Curvature, Precision
from reverie.inversion.priors.gaussian import GaussianPrior
from reverie.inversion.problem import Problem

BEFORE, PRECISION = "before.", "precision."
"""What the names of arrays of an earlier state, and of the precision, begin with."""


@dataclass(frozen=True)
class Point:
    """Where a search stands: white coefficients, the loss there, its gradient, and the movie they stand for.

    slope: (time, height, width), the gradient of the likelihood's part with respect to grey levels before the clip.
    """

    white: Float[Tensor, "time row column"]
    loss: float
    gradient: Float[Tensor, "time row column"]
    slope: Float[Tensor, "time height width"]
    movie: Float[Tensor, "time height width"]


@dataclass(frozen=True)
class MapState:
    """All the solver knows between two steps.

    draw: (time, height, width), a random gradient with respect to grey levels whose covariance is the information of
    the responses. ahead: the direction of the next step. settled: the loss hardly falls any more, or no step lowers it.
    passes: published windows' worth of frames sent through encoders so far, forward and back. fallen: by how much the
    loss fell since the beginning. starts: first frames of the shots that were found, None as long as cuts were not
    looked for. path: (time, 2), pixels by which the picture has moved, None as long as it was not followed. followed:
    how often it was. before: where the search had settled before it followed the last time.
    """

    step: int
    passes: int
    point: Point
    curvature: Curvature
    draw: Float[Tensor, "time height width"]
    ahead: Float[Tensor, "time row column"]
    fallen: float = 0.0
    settled: bool = False
    starts: tuple[int, ...] | None = None
    path: Float[np.ndarray, "time 2"] | None = None
    followed: int = 0
    before: "MapState | None" = None

    @property
    def loss(self) -> float:
        """The loss of the movie as it stands, in nats: negative log likelihood and prior."""
        return self.point.loss

    @property
    def movie(self) -> Float[Tensor, "time height width"]:
        """The movie as it stands, grey levels 0-255."""
        return self.point.movie

    @property
    def surprise(self) -> float:
        """Minus the log evidence for what the prior knows, in nats, up to a constant.

        Laplace's approximation with a diagonal precision, at a movie that has settled.
        Source: MacKay, Bayesian interpolation, 1992.
        """
        precision = self.curvature.precision
        return self.loss + float((precision.diagonal / precision.weight).log().sum()) / 2

    @property
    def believed(self) -> "MapState":
        """The last state whose prior explains the responses better than one that knows nothing of the camera."""
        if self.before is None or self.surprise < self.ignorant.surprise:
            return self
        return self.before.believed

    @property
    def ignorant(self) -> "MapState":
        """The state before the camera was followed at all."""
        return self if self.before is None else self.before.ignorant

    def to(self, device: torch.device) -> "MapState":
        """Return the same state on another device."""
        point = self.point
        tensors = {name: getattr(point, name).to(device) for name in ("white", "gradient", "slope", "movie")}
        curvature = Curvature(
            self.curvature.precision.to(device), self.curvature.steps.to(device), self.curvature.changes.to(device)
        )
        return replace(
            self,
            point=replace(point, **tensors),
            curvature=curvature,
            draw=self.draw.to(device),
            ahead=self.ahead.to(device),
            before=None if self.before is None else self.before.to(device),
        )

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Return everything as arrays."""
        tensors = {
            "steps": self.curvature.steps,
            "changes": self.curvature.changes,
            "draw": self.draw,
            "ahead": self.ahead,
            **{name: getattr(self.point, name) for name in ("white", "gradient", "slope", "movie")},
        }
        return {
            **{name: tensor.cpu().numpy() for name, tensor in tensors.items()},
            "counts": np.array([self.step, self.passes, self.settled, self.followed]),
            "losses": np.array([self.point.loss, self.fallen]),
            "starts": np.array(self.starts or (), dtype=np.int64),
            "path": np.zeros((0, 2), np.float32) if self.path is None else self.path,
            **{PRECISION + name: array for name, array in self.curvature.precision.to_arrays().items()},
            **{BEFORE + name: array for name, array in (self.before.to_arrays() if self.before else {}).items()},
        }

    @staticmethod
    def from_arrays(arrays: Mapping[str, np.ndarray]) -> "MapState":
        """Return the state whose ``to_arrays`` gave these arrays."""
        loss, fallen = (float(value) for value in arrays["losses"])
        tensors = {name: torch.from_numpy(arrays[name]) for name in ("white", "gradient", "slope", "movie")}
        pairs = (torch.from_numpy(arrays[name]) for name in ("steps", "changes"))
        step, passes, settled, followed = (int(count) for count in arrays["counts"])
        older = _under(BEFORE, arrays)
        return MapState(
            step,
            passes,
            Point(loss=loss, **tensors),
            Curvature(Precision.from_arrays(_under(PRECISION, arrays)), *pairs),
            torch.from_numpy(arrays["draw"]),
            torch.from_numpy(arrays["ahead"]),
            fallen,
            bool(settled),
            tuple(int(start) for start in arrays["starts"]) or None,
            arrays["path"] if len(arrays["path"]) else None,
            followed,
            MapState.from_arrays(older) if older else None,
        )


def _under(prefix: str, arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}


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
