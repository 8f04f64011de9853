"""What every encoder promises: movie and state in, rates out, any animal it has a readout for."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from reverie.foundation.errors import ReverieError

PIECE = 300
"""Frames an encoder that takes any length is shown at once in a prediction."""


class Encoder(nn.Module, ABC):
    """A dynamic neural encoding model: a core shared by animals and one readout for each.

    Movies come in grey levels (0-255) and rates leave in the units of the recorded responses; whatever scaling an
    architecture wants happens inside it. A module of your own plugs in by deriving from this class.

    Parameters
    ----------
    mice
        Neurons of each animal, by name, in readout order.
    frame_size
        Height and width of the movies it is made for.

    Attributes
    ----------
    history
        Frames before a frame that its rate depends on. The first ``history`` rates of a clip are computed as if a grey
        screen came before it; whoever cuts windows out of a clip adds that many frames of context.
    window
        The clip length in frames the architecture is bound to, or None when any length will do. A bound architecture
        sees each window on its own and has no history.
    folder
        Where it was read from, None for one that was made in memory.
    about
        How it came to be (the trials it was trained and validated on, by animal), empty where that is not known.
    """

    history: int = 0
    window: int | None = None

    def __init__(self, mice: Mapping[str, int], frame_size: tuple[int, int]) -> None:
        super().__init__()
        self.mice = dict(mice)
        self.frame_size = frame_size
        self.folder: Path | None = None
        self.about: dict[str, Any] = {}

    @property
    def canvas(self) -> tuple[int, int]:
        """Height and width of the frames the architecture works on inside."""
        return self.frame_size

    @abstractmethod
    def forward(
        self,
        movie: Float[Tensor, "batch time height width"],
        state: Float[Tensor, "batch 4 time"] | Float[Tensor, "batch 4 time height width"],
        mouse: str,
    ) -> Float[Tensor, "batch neuron time"]:
        """Predict the rates of one animal.

        A state with height and width is given only to architectures that see the state as picture planes
        (``sees_state_as_planes``), by callers that need gradients with respect to those planes.
        """

    def predict_clip(
        self, movie: Float[Tensor, "time height width"], state: Float[Tensor, "4 time"], mouse: str
    ) -> Float[Tensor, "neuron time"]:
        """Predict the rates of one animal to a whole clip, in pieces so that memory does not grow with its length.

        Pieces get ``history`` frames of context, so that the result is that of one pass. An encoder bound to a
        window sees one at every start, and what the windows say of a frame is averaged.
        Raises ReverieError when the clip is shorter than the window.
        """
        if self.window is not None:
            return self._predict_windows(self.window, movie, state, mouse)
        pieces = []
        for start in range(0, len(movie), PIECE):
            first = max(0, start - self.history)
            piece = slice(first, start + PIECE)
            rates: Tensor = self(movie[None, piece], state[None, :, piece], mouse)
            pieces.append(rates[0, :, start - first :])
        return torch.cat(pieces, dim=1)

    def _predict_windows(
        self, window: int, movie: Float[Tensor, "time height width"], state: Float[Tensor, "4 time"], mouse: str
    ) -> Float[Tensor, "neuron time"]:
        self.require_frames(len(movie))
        total = movie.new_zeros(self.mice[mouse], len(movie))
        seen = movie.new_zeros(len(movie))
        for start in range(len(movie) - window + 1):
            frames = slice(start, start + window)
            total[:, frames] += self(movie[None, frames], state[None, :, frames], mouse)[0]
            seen[frames] += 1
        return total / seen

    def require_frames(self, frames: int) -> None:
        """Raise ReverieError when a clip is shorter than the window the encoder is bound to."""
        if self.window is not None and frames < self.window:
            raise ReverieError(
                f"The clip has {frames} frames but the encoder needs at least {self.window}; choose a longer one."
            )

    @property
    def sees_state_as_planes(self) -> bool:
        """Whether the state enters as constant picture planes beside the movie, as in DwiseNeuro."""
        return False

    def require_mouse(self, mouse: str) -> int:
        """Return the neuron count of an animal; raises ReverieError when the encoder has no readout for it."""
        if mouse not in self.mice:
            known = ", ".join(self.mice) or "none"
            raise ReverieError(
                f"The encoder has no readout for animal {mouse!r} (it has: {known}); train or import one that does."
            )
        return self.mice[mouse]
