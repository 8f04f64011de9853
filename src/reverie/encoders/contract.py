"""What every encoder does: movie and state in, rates out, for any animal it has a readout for."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from reverie.foundation.errors import ReverieError

PIECE_FRAMES = 300
"""Frames per piece of a prediction by an encoder that takes clips of any length."""


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
        Number of earlier frames that a rate depends on. The first ``history`` rates of a clip are computed as if a grey
        screen came before it. Code that cuts windows out of a clip adds that many frames of context.
    window
        The clip length in frames the architecture is bound to, or None when any length will do. A bound architecture
        sees each window on its own and has no history.
    folder
        Folder it was read from, None for an encoder made in memory.
    about
        How it was made (the trials it was trained and validated on, by animal), empty where that is not known.
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

        Only architectures that see the state as picture planes (``sees_state_as_planes``) are given a state with height
        and width, by callers that need gradients with respect to those planes.
        """

    def predict_clip(
        self, movie: Float[Tensor, "time height width"], state: Float[Tensor, "4 time"], mouse: str
    ) -> Float[Tensor, "neuron time"]:
        """Predict the rates of one animal to a whole clip, in pieces so that memory does not grow with its length.

        Pieces get ``history`` frames of context, so that the result is that of a single pass. An encoder bound to a
        window predicts one at every start, and the rates of all windows that hold a frame are averaged. Raises
        ReverieError when the clip is shorter than the window.
        """
        self._require_clip(movie, state)
        if self.window is not None:
            return self._predict_windows(self.window, movie, state, mouse)
        pieces = []
        for start in range(0, len(movie), PIECE_FRAMES):
            first = max(0, start - self.history)
            piece = slice(first, start + PIECE_FRAMES)
            rates: Tensor = self(movie[None, piece], state[None, :, piece], mouse)
            pieces.append(rates[0, :, start - first :])
        return torch.cat(pieces, dim=1)

    def _require_clip(self, movie: Tensor, state: Tensor) -> None:
        """Raise ReverieError unless a movie and a state are tensors of one clip, of the encoder's frames."""
        for name, given in (("movie", movie), ("state", state)):
            if not isinstance(given, Tensor):
                raise ReverieError(f"The {name} of a clip should be a tensor but came as {type(given).__name__}.")
        if movie.ndim != 3 or tuple(state.shape) != (4, len(movie)):
            raise ReverieError(
                f"A clip is a movie (time, height, width) and a state (4, time), but {tuple(movie.shape)} and "
                f"{tuple(state.shape)} were given."
            )
        self.require_size((movie.shape[1], movie.shape[2]))

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

    def require_size(self, size: tuple[int, int]) -> None:
        """Raise ReverieError when movies of such a height and width are neither frames nor canvases of the encoder."""
        if size not in (self.frame_size, self.canvas):
            raise ReverieError(
                f"The encoder was made for movies of {self.frame_size[0]} x {self.frame_size[1]} pixels but got "
                f"{size[0]} x {size[1]}; resize the movie or choose another encoder."
            )


def frame_corner(frame_size: tuple[int, int], canvas: tuple[int, int]) -> tuple[int, int]:
    """Return the row and column of the canvas at which a centred frame starts.

    Raises ReverieError when the frame is larger than the canvas.

    >>> frame_corner((36, 64), (64, 64))
    (14, 0)
    """
    if frame_size[0] > canvas[0] or frame_size[1] > canvas[1]:
        raise ReverieError(
            f"A movie of {frame_size[0]} x {frame_size[1]} pixels does not fit the encoder's canvas of "
            f"{canvas[0]} x {canvas[1]}; make the movie smaller or choose another encoder."
        )
    return (canvas[0] - frame_size[0]) // 2, (canvas[1] - frame_size[1]) // 2


def centre_on_canvas(
    movie: Float[Tensor, "*lead height width"], canvas: tuple[int, int], value: float
) -> Float[Tensor, "*lead tall wide"]:
    """Centre frames on a canvas whose other pixels hold ``value``; a movie of the canvas's size is returned as it is.

    Raises ReverieError when the frame is larger than the canvas.
    """
    height, width = movie.shape[-2:]
    if (height, width) == canvas:
        return movie
    top, left = frame_corner((height, width), canvas)
    margins = (left, canvas[1] - width - left, top, canvas[0] - height - top)
    return functional.pad(movie, margins, value=value)


def crop_from_canvas(
    movie: Float[Tensor, "*lead tall wide"], frame_size: tuple[int, int]
) -> Float[Tensor, "*lead height width"]:
    """Cut the centred frame out of a canvas: the inverse of ``centre_on_canvas``; a view, no copy."""
    height, width = frame_size
    top, left = frame_corner(frame_size, (movie.shape[-2], movie.shape[-1]))
    return movie[..., top : top + height, left : left + width]


@contextmanager
def evaluating(encoder: Encoder) -> Iterator[None]:
    """Put an encoder in evaluation mode for the block; afterwards every module gets its own flag back."""
    learning = [module for module in encoder.modules() if module.training]
    # Setting the flag of every module takes time; in a search none of them is in training mode.
    if learning:
        encoder.eval()
    try:
        yield
    finally:
        for module in learning:
            module.training = True


@contextmanager
def frozen(encoder: Encoder) -> Iterator[None]:
    """Put an encoder in evaluation mode and its weights out of gradients for the block; then restore both."""
    learning = [weight for weight in encoder.parameters() if weight.requires_grad]
    with evaluating(encoder):
        try:
            for weight in learning:
                weight.requires_grad_(False)
            yield
        finally:
            for weight in learning:
                weight.requires_grad_(True)


def readout_index(encoder: Encoder, mouse: str) -> int:
    """Return the place of an animal's readout among all; raises ReverieError when the encoder has none for it."""
    encoder.require_mouse(mouse)
    return list(encoder.mice).index(mouse)


def device_of(encoder: Encoder) -> torch.device:
    """Return the device of an encoder's first weight; the CPU when it has none."""
    first = next(chain(encoder.parameters(), encoder.buffers()), None)
    return torch.device("cpu") if first is None else first.device
