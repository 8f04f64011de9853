"""Where a descent is between two steps: a value that can be kept in a file and gone on from, to the same bits."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Generic, Protocol, TypeVar, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from reverie.foundation.errors import ReverieError
from reverie.inversion.problem import Progress, trace_of, trace_rows


@runtime_checkable
class State(Protocol):
    """What every solver's state tells: steps and passes so far, the last loss, the movie, and whether it is done.

    settled: further steps would change nothing. ``to_arrays`` lays everything out for an ``.npz`` file, so that the
    solver's ``restore`` gives the same state back.
    """

    @property
    def step(self) -> int:
        """How many steps were taken."""

    @property
    def passes(self) -> int:
        """Windows sent through encoders so far."""

    @property
    def loss(self) -> float:
        """What the last step measured."""

    @property
    def settled(self) -> bool:
        """Whether further steps would change nothing."""

    @property
    def movie(self) -> Float[Tensor, "time height width"]:
        """Grey levels 0-255, of the frame or the canvas."""

    def to(self: "StateT", device: torch.device) -> "StateT":
        """Return the same state on another device."""

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Return everything as arrays."""


StateT = TypeVar("StateT", bound=State)


@dataclass(frozen=True)
class DescentState:
    """All a descent with momentum knows between two steps.

    step: how many steps were taken. movie: grey levels 0-255 on the canvas. momentum: of the movie's gradient.
    batch: windows that go through an encoder at once. passes: windows sent through encoders so far.
    loss, last_window_loss: what the last step measured before it moved the movie: the mean over windows and
    observations, and the last observation's last window; NaN before the first step.
    """

    step: int
    movie: Float[Tensor, "time height width"]
    momentum: Float[Tensor, "time height width"]
    batch: int
    passes: int = 0
    loss: float = float("nan")
    last_window_loss: float = float("nan")

    def to(self, device: torch.device) -> "DescentState":
        """Return the same state on another device."""
        return replace(self, movie=self.movie.to(device), momentum=self.momentum.to(device))

    @property
    def settled(self) -> bool:
        """Never: the published method takes the steps it was told."""
        return False

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Return everything as arrays."""
        return {
            "movie": self.movie.cpu().numpy(),
            "momentum": self.momentum.cpu().numpy(),
            "counts": np.array([self.step, self.batch, self.passes]),
            "losses": np.array([self.loss, self.last_window_loss]),
        }

    @staticmethod
    def from_arrays(arrays: Mapping[str, np.ndarray]) -> "DescentState":
        """Return the state that ``to_arrays`` laid out; raises KeyError or ValueError when something is missing."""
        step, batch, passes = (int(count) for count in arrays["counts"])
        loss, last = (float(value) for value in arrays["losses"])
        movie, momentum = torch.from_numpy(arrays["movie"]), torch.from_numpy(arrays["momentum"])
        return DescentState(step, movie, momentum, batch, passes, loss, last)


@dataclass(frozen=True)
class Snapshot(Generic[StateT]):
    """A descent that can be gone on from: its state, and the trace up to it."""

    state: StateT
    trace: tuple[Progress, ...]

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Return everything as arrays, for an ``.npz`` file."""
        return {**self.state.to_arrays(), "trace": trace_rows(self.trace)}

    @staticmethod
    def from_arrays(
        arrays: Mapping[str, np.ndarray], restore: Callable[[Mapping[str, np.ndarray]], StateT]
    ) -> "Snapshot[StateT]":
        """Return the snapshot that ``to_arrays`` laid out; raises ReverieError when something is missing.

        restore: reads the state, as the solver of the same name does.
        """
        try:
            return Snapshot(restore(arrays), trace_of(arrays["trace"]))
        except (KeyError, ValueError, TypeError) as error:
            raise ReverieError(f"The snapshot of a descent is incomplete ({error}); start the descent anew.") from error


Keeper = Callable[[Snapshot[StateT]], None]
"""Called after each step with all that is needed to go on from there."""


def forget(snapshot: Snapshot[StateT]) -> None:
    """Keep nothing."""
