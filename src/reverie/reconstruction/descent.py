"""Where a descent is between two steps: a value that can be kept in a file and gone on from, to the same bits."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from reverie.foundation.errors import ReverieError
from reverie.reconstruction.problem import Progress, trace_of, trace_rows


@dataclass(frozen=True)
class DescentState:
    """All a solver knows between two steps.

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


@dataclass(frozen=True)
class Snapshot:
    """A descent that can be gone on from: its state, and the trace up to it."""

    state: DescentState
    trace: tuple[Progress, ...]

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Return everything as arrays, for an ``.npz`` file."""
        state = self.state
        return {
            "movie": state.movie.cpu().numpy(),
            "momentum": state.momentum.cpu().numpy(),
            "counts": np.array([state.step, state.batch, state.passes]),
            "losses": np.array([state.loss, state.last_window_loss]),
            "trace": trace_rows(self.trace),
        }

    @staticmethod
    def from_arrays(arrays: Mapping[str, np.ndarray]) -> "Snapshot":
        """Return the snapshot that ``to_arrays`` laid out; raises ReverieError when something is missing."""
        try:
            step, batch, passes = (int(count) for count in arrays["counts"])
            loss, last = (float(value) for value in arrays["losses"])
            movie, momentum = torch.from_numpy(arrays["movie"]), torch.from_numpy(arrays["momentum"])
            trace = trace_of(arrays["trace"])
        except (KeyError, ValueError, TypeError) as error:
            raise ReverieError(f"The snapshot of a descent is incomplete ({error}); start the descent anew.") from error
        return Snapshot(DescentState(step, movie, momentum, batch, passes, loss, last), trace)


Keeper = Callable[[Snapshot], None]
"""Called after each step with all that is needed to go on from there."""


def forget(snapshot: Snapshot) -> None:
    """Keep nothing."""
