"""What encoders have in common that see a clip as interleaved stacks of frames, and the state as picture planes."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from einops import rearrange, repeat
from jaxtyping import Float
from torch import Tensor

from reverie.encoders.contract import Encoder, centre_on_canvas, frame_corner
from reverie.foundation.errors import ReverieError

PLANES = 5
"""Picture planes: the movie and the four rows of the state."""


@dataclass(frozen=True)
class StackLayout:
    """A stack is ``frames`` frames, ``step`` apart, centred on a canvas with grey level ``padding`` around them."""

    frames: int
    step: int
    canvas: tuple[int, int]
    padding: float


class StackEncoder(Encoder):
    """Sees a clip of ``window`` frames as ``step`` interleaved stacks, each predicted on its own by ``network``."""

    def __init__(self, mice: Mapping[str, int], frame_size: tuple[int, int], layout: StackLayout) -> None:
        super().__init__(mice, frame_size)
        frame_corner(frame_size, layout.canvas)
        self.layout = layout
        self.window = layout.frames * layout.step

    @abstractmethod
    def network(
        self, planes: Float[Tensor, "batch 5 time tall wide"], mouse: str
    ) -> Float[Tensor, "batch neuron time"]:
        """Predict the rates of stacks of picture planes, ``layout.frames`` frames each."""

    def predict_stacks(
        self, planes: Float[Tensor, "batch 5 time tall wide"], mouse: str
    ) -> Float[Tensor, "batch neuron time"]:
        """Predict rates as ``network`` does, for ``predict_clip``; rounding is allowed, since no gradient is needed."""
        return self.network(planes, mouse)

    @abstractmethod
    def stacks_at_once(self) -> int:
        """Return how many stacks of a prediction go through the network at once."""

    @property
    def canvas(self) -> tuple[int, int]:
        """Height and width of the planes."""
        return self.layout.canvas

    @property
    def sees_state_as_planes(self) -> bool:
        """True: each row of the state is a constant picture plane."""
        return True

    def forward(
        self,
        movie: Float[Tensor, "batch time height width"],
        state: Float[Tensor, "batch 4 time"] | Float[Tensor, "batch 4 time tall wide"],
        mouse: str,
    ) -> Float[Tensor, "batch neuron time"]:
        """Predict the rates of one window; the movie is centred on the canvas unless it is of its size already.

        Raises ReverieError when the clip is not ``window`` frames long or its frames are of another size.
        """
        if movie.shape[1] != self.window:
            raise ReverieError(
                f"DwiseNeuro sees windows of {self.window} frames but got {movie.shape[1]}; cut the clip into windows."
            )
        step = self.layout.step
        stacks = rearrange(
            self.planes(movie, state), "batch plane (time step) h w -> (batch step) plane time h w", step=step
        )
        return rearrange(self.network(stacks, mouse), "(batch step) neuron time -> batch neuron (time step)", step=step)

    def predict_clip(
        self, movie: Float[Tensor, "time height width"], state: Float[Tensor, "4 time"], mouse: str
    ) -> Float[Tensor, "neuron time"]:
        """Predict a whole clip: the average, for each frame, of all stacks that hold it.

        Raises ReverieError when the clip is shorter than the window.
        """
        self.require_frames(len(movie))
        within = self.layout.step * torch.arange(self.layout.frames, device=movie.device)
        starts = torch.arange(len(movie) - int(within[-1]), device=movie.device)
        planes = self.planes(movie[None], state[None])[0]
        total = movie.new_zeros(self.require_mouse(mouse), len(movie))
        seen = movie.new_zeros(len(movie))
        for some in torch.split(starts, self.stacks_at_once()):
            frames = some[:, None] + within
            rates = self.predict_stacks(rearrange(planes[:, frames], "plane stack ... -> stack plane ..."), mouse)
            total.index_add_(1, frames.flatten(), rearrange(rates, "stack neuron time -> neuron (stack time)"))
            seen.index_add_(0, frames.flatten(), torch.ones_like(frames, dtype=seen.dtype).flatten())
        return total / seen

    def planes(
        self,
        movie: Float[Tensor, "batch time height width"],
        state: Float[Tensor, "batch 4 time"] | Float[Tensor, "batch 4 time tall wide"],
    ) -> Float[Tensor, "batch 5 time tall wide"]:
        """Lay the movie, centred on the canvas, and the state out as picture planes."""
        self.require_size((movie.shape[2], movie.shape[3]))
        centred = centre_on_canvas(movie, self.canvas, self.layout.padding)
        if state.ndim == 3:
            state = repeat(state, "batch row time -> batch row time h w", h=self.canvas[0], w=self.canvas[1])
        return torch.cat([centred[:, None], state], dim=1)
