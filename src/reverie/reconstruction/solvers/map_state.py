"""Where the search for the most probable movie stands between two steps."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from reverie.reconstruction.solvers.quasi_newton import Curvature

BEFORE = "before."
"""What the names of an earlier state's arrays begin with."""


@dataclass(frozen=True)
class Point:
    """Where a search stands: white coefficients, the loss there, its gradient, and the movie they stand for."""

    white: Float[Tensor, "time row column"]
    loss: float
    gradient: Float[Tensor, "time row column"]
    movie: Float[Tensor, "time height width"]


@dataclass(frozen=True)
class MapState:
    """All the solver knows between two steps.

    settled: the loss hardly fell, or no step lowers it. passes: published windows' worth of frames sent through
    encoders so far, forward and back. fallen: by how much the loss fell since the beginning. starts: first frames of
    the shots that were found, None as long as cuts were not looked for. path: (time, 2), pixels by which the picture
    has moved, None as long as it was not followed. followed: how often it was. before: where the search had settled
    before it followed the last time.
    """

    step: int
    passes: int
    point: Point
    curvature: Curvature
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

    def surprise(self, weight: float) -> float:
        """Return minus the log evidence for what the prior knows, in nats, up to a constant.

        weight: of the prior. Laplace's approximation with a diagonal precision, at a movie that has settled.
        Source: MacKay, Bayesian interpolation, 1992.
        """
        return self.loss + float((self.curvature.diagonal / weight).log().sum()) / 2

    def to(self, device: torch.device) -> "MapState":
        """Return the same state on another device."""
        point = Point(
            self.point.white.to(device), self.point.loss, self.point.gradient.to(device), self.point.movie.to(device)
        )
        curvature = Curvature(
            *(array.to(device) for array in (self.curvature.diagonal, self.curvature.steps, self.curvature.changes))
        )
        before = None if self.before is None else self.before.to(device)
        return replace(self, point=point, curvature=curvature, before=before)

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Return everything as arrays."""
        tensors = {
            "white": self.point.white,
            "gradient": self.point.gradient,
            "movie": self.point.movie,
            "diagonal": self.curvature.diagonal,
            "steps": self.curvature.steps,
            "changes": self.curvature.changes,
        }
        return {
            **{name: tensor.cpu().numpy() for name, tensor in tensors.items()},
            "counts": np.array([self.step, self.passes, self.settled, self.followed]),
            "losses": np.array([self.point.loss, self.fallen]),
            "starts": np.array(self.starts or (), dtype=np.int64),
            "path": np.zeros((0, 2), np.float32) if self.path is None else self.path,
            **{BEFORE + name: array for name, array in (self.before.to_arrays() if self.before else {}).items()},
        }

    @staticmethod
    def from_arrays(arrays: Mapping[str, np.ndarray]) -> "MapState":
        """Return the state whose ``to_arrays`` gave these arrays."""
        white, gradient, movie, diagonal, steps, changes = (
            torch.from_numpy(arrays[name]) for name in ("white", "gradient", "movie", "diagonal", "steps", "changes")
        )
        step, passes, settled, followed = (int(count) for count in (*arrays["counts"], 0)[:4])
        loss, fallen = (float(value) for value in arrays["losses"])
        point = Point(white, loss, gradient, movie)
        # Snapshots of versions that did not look for cuts or motion have none.
        starts = tuple(int(start) for start in arrays.get("starts", ())) or None
        path = arrays.get("path", np.zeros((0, 2)))
        curvature = Curvature(diagonal, steps, changes)
        older = {name.removeprefix(BEFORE): array for name, array in arrays.items() if name.startswith(BEFORE)}
        before = MapState.from_arrays(older) if older else None
        return MapState(
            step, passes, point, curvature, fallen, bool(settled), starts, path if len(path) else None, followed, before
        )
