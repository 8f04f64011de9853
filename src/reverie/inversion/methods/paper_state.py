"""The state of the published method between two steps."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor


@dataclass(frozen=True)
class DescentState:
    """The whole state of the descent between two steps."""

    step: int
    """Number of steps taken."""
    movie: Float[Tensor, "time height width"]
    """Grey levels 0-255 on the canvas."""
    momentum: Float[Tensor, "time height width"]
    """Moving average of the movie's gradient."""
    batch: int
    """Windows that go through an encoder at once."""
    passes: int = 0
    """Windows sent through encoders so far."""
    loss: float = float("nan")
    """Mean loss over windows and observations, before the last step changed the movie; NaN before the first step."""
    last_window_loss: float = float("nan")
    """The same for the last observation's last window alone."""

    def to(self, device: torch.device) -> "DescentState":
        """Return the same state on another device."""
        return replace(self, movie=self.movie.to(device), momentum=self.momentum.to(device))

    @property
    def settled(self) -> bool:
        """Never: the published method takes all its steps."""
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
        """Return a state from the arrays of ``to_arrays``; raises KeyError or ValueError when something is missing."""
        step, batch, passes = (int(count) for count in arrays["counts"])
        loss, last = (float(value) for value in arrays["losses"])
        movie, momentum = torch.from_numpy(arrays["movie"]), torch.from_numpy(arrays["momentum"])
        return DescentState(step, movie, momentum, batch, passes, loss, last)
