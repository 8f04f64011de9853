"""Cutting a clip into overlapping windows, and averaging the windows' results back into the clip."""

from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

import torch
from jaxtyping import Float, Int
from torch import Tensor

from reverie.encoders.contract import Encoder
from reverie.foundation.errors import ReverieError


@dataclass(frozen=True)
class WindowGroup:
    """Windows of one shape, so that they can go through an encoder together."""

    frames: Int[Tensor, "window frame"]
    """The clip's frames that each window holds."""
    context: int
    """How many of them, at the front, serve only as the encoder's context; the others are scored."""

    @property
    def scored(self) -> Int[Tensor, "window scored"]:
        """The clip's frames that each window scores."""
        return self.frames[:, self.context :]

    def split(self, size: int) -> list["WindowGroup"]:
        """Return the same windows in groups of at most ``size``."""
        return [WindowGroup(frames, self.context) for frames in torch.split(self.frames, size)]


@dataclass(frozen=True)
class Windows:
    """All windows of a clip, in order of time, grouped by shape."""

    groups: tuple[WindowGroup, ...]
    coverage: Float[Tensor, " time"]
    """Number of windows that score each frame; at least 1."""

    @property
    def count(self) -> int:
        """Number of windows."""
        return sum(len(group.frames) for group in self.groups)

    def average(self, total: Float[Tensor, "time height width"]) -> Float[Tensor, "time height width"]:
        """Divide the sum over windows at each frame by the number of windows that score the frame."""
        return total / self.coverage[:, None, None]


@lru_cache(maxsize=64)
def cut(
    frames: int,
    length: int = 32,
    stride: int = 8,
    history: int = 0,
    device: torch.device | None = None,
    offset: int = 0,
) -> Windows:
    """Cut a clip into windows of ``length`` frames every ``stride`` frames, the last one flush with the end.

    Each window gets the ``history`` frames before it, as far as the clip has them, as context. A clip shorter than a
    window is one window. Source: Bauer et al. 2026, Methods (32 frames every 8, no context).

    Parameters
    ----------
    offset
        Where the second window starts; the first always starts at 0. With offset 0 the second starts at the stride.

    Raises
    ------
    ReverieError
        When there is no frame, or windows would leave frames between them.

    Examples
    --------
    >>> [group.frames[:, 0].tolist() for group in cut(50, length=32, stride=8).groups]
    [[0, 8, 16, 18]]
    >>> [(group.context, group.frames[:, 0].tolist()) for group in cut(50, length=32, stride=8, history=10).groups]
    [(0, [0]), (8, [0]), (10, [6, 8])]
    >>> cut(100, length=32, stride=32, offset=5).groups[0].frames[:, 0].tolist()
    [0, 5, 37, 68]
    """
    if frames < 1 or length < 1 or history < 0 or not 1 <= stride <= length:
        raise ReverieError(
            f"A clip of {frames} frames cannot be cut into windows of {length} frames every {stride} frames; "
            "there must be a frame, and the stride must lie between 1 and the length."
        )
    length = min(length, frames)
    starts = sorted({0, *range(offset, frames - length, stride), frames - length})
    groups = [
        _group(context, list(members), length, device)
        for context, members in groupby(starts, key=lambda start: min(start, history))
    ]
    scored = torch.cat([group.scored.flatten() for group in groups])
    return Windows(tuple(groups), torch.bincount(scored, minlength=frames).float())


def cut_for(
    encoder: Encoder, frames: int, length: int, stride: int, device: torch.device | None = None, offset: int = 0
) -> Windows:
    """Cut a clip as an encoder needs it: with its history as context, or into the windows it is bound to.

    ``length`` counts for encoders that take any length. Raises ReverieError when the clip is shorter than the window
    the encoder is bound to.
    """
    encoder.require_frames(frames)
    return cut(frames, encoder.window or length, stride, encoder.history, device, offset)


def _group(context: int, starts: list[int], length: int, device: torch.device | None) -> WindowGroup:
    first = torch.tensor(starts, device=device) - context
    return WindowGroup(first[:, None] + torch.arange(context + length, device=device), context)
