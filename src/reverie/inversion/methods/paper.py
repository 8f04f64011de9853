"""The published method: descent along normalised window gradients with momentum (Bauer et al. 2026, Methods)."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from reverie.encoders.contract import centre_on_canvas, crop_from_canvas
from reverie.foundation.arrays import GREY, WHITE, Mask, Movie
from reverie.foundation.errors import BadInput, ReverieError
from reverie.foundation.requests import (
    ABOVE_0,
    AT_LEAST_0,
    AT_LEAST_1,
    Range,
    convert_fields,
    require_possible,
    require_seed,
)
from reverie.inversion.gradients import fitting_batch, normalised_gradient
from reverie.inversion.methods.paper_state import DescentState
from reverie.inversion.postprocessing import LARGEST_BLUR
from reverie.inversion.problem import Observation, Problem
from reverie.inversion.windows import Windows, cut_for
from reverie.scoring.rule import TRAINING_THRESHOLD


@dataclass(frozen=True)
class Paper:
    """The published descent from a grey screen, as in the released code, including where that deviates from the text.

    At step i (from 0) the gradient g is the mean over windows and observations of window gradients of unit length,
    within the training mask and clipped; m ← momentum · m + (1 − momentum) · g, and the movie moves against

        learning_rate · min(i / warm_up, 1) · √(1 − second_decay^(i+1)) / (1 − momentum^(i+1))² · m

    and is clipped to 0-255. Gradients of several observations have equal weight ("gradient ensembling"). A prior's
    gradient is added to g; the published method has no prior.

    The published code deviates from its text in four ways, each of which can be switched off (``padding_grey``,
    ``correct_momentum_twice``, ``idle_first_step``, ``normalise_over_state``). The likelihood is always the published
    one, of Poisson counts, whatever likelihood the observation has; the responses given should be what the encoder
    learned to predict. Raises ReverieError when a setting is out of range or the mask is not finite.
    """

    name: ClassVar[str] = "paper"

    steps: int = 1000
    """Number of steps; for small populations, the published 1000 fit the noise of the single trial."""
    learning_rate: float = 1000.0
    """Grey levels per unit gradient."""
    warm_up: int = 10
    """Steps until the full learning rate is reached, 0 for none."""
    momentum: float = 0.9
    """Share of the old direction that is kept."""
    second_decay: float = 0.999
    """Decay in the bias correction for a second moment, which the method does not have; 0 switches the correction
    off."""
    gradient_clip: float = 1.0
    """Largest gradient of a pixel."""
    training_threshold: float = TRAINING_THRESHOLD
    """Smallest mask value at which a pixel may change; with 0 all may, including the padding of the canvas."""
    window: int = 32
    """Frames of a window; an encoder bound to a window keeps its own."""
    stride: int = 8
    """Frames from one window to the next; 32 is four times as fast and covers each frame once."""
    batch: int | None = None
    """Windows sent through an encoder at once; by default as many as fit in memory. The result does not depend on
    it."""
    padding_grey: bool = True
    """Canvas rows around the movie are 127.5, although encoders were trained with 0 there. Off: 0."""
    correct_momentum_twice: bool = True
    """The momentum's bias correction is applied twice, that is, squared. Off: once."""
    idle_first_step: bool = True
    """The first step only measures; its gradient does not enter the momentum. Off: it does."""
    normalise_over_state: bool = True
    """A window's gradient is divided by the length of its gradient with respect to the movie and the state's picture
    planes together. Off: with respect to the movie alone. Both are the same for encoders without such planes."""
    random_offsets: bool = False
    """Shift the windows at random at each step, so that with a stride of 32 no frame is always at a border."""
    offset_seed: int = 0
    """Seed of these shifts; the same seed and step give the same windows."""
    blur: float = 0.5
    """Gaussian sigma of a final blur, in pixels and frames."""
    mask: Mask | None = field(default=None, compare=False, repr=False)
    """Transparency (height, width) of a frame or of the encoder's canvas; with None, every pixel of the frame may
    change."""

    def __post_init__(self) -> None:
        convert_fields(self)
        require_seed(self.offset_seed)
        require_possible(
            self,
            steps=AT_LEAST_1,
            learning_rate=ABOVE_0,
            warm_up=AT_LEAST_0,
            momentum=Range(0, 1, below=True),
            second_decay=Range(0, 1, below=True),
            gradient_clip=Range(0, above=True, infinite=True),
            window=AT_LEAST_1,
            stride=Range(1, self.window),
            batch=AT_LEAST_1,
            blur=Range(0, LARGEST_BLUR),
        )
        if self.mask is not None and not _is_mask(self.mask):
            raise BadInput("For the paper's method, the mask must be an array (height, width) of finite numbers.")

    def begin(self, problem: Problem, start: Movie | None = None) -> DescentState:
        """Return the state before the first step: a grey screen, or the movie ``start`` (time, height, width).

        Raises ReverieError when the training mask is empty, ``start`` is of another shape or not within 0-255, or the
        clip is too short for an encoder.
        """
        self._region(problem)
        size = (problem.frames, *problem.frame_size)
        frames = torch.full(size, GREY) if start is None else _tensor(start)
        if tuple(frames.shape) != size or not bool(((frames >= 0) & (frames <= WHITE)).all()):
            raise ReverieError(f"The movie to start from should be {size} with grey levels 0-255.")
        padding = GREY if self.padding_grey else 0.0
        movie = centre_on_canvas(frames.to(problem.device), problem.canvas, padding)
        return DescentState(0, movie, torch.zeros_like(movie), self.batch or self._fitting_batch(problem, movie))

    def step(self, problem: Problem, state: DescentState) -> DescentState:
        """Return the state one step further; raises ReverieError when loss or gradient is not finite."""
        gradient, state = self._measure(problem, state)
        if state.step == 0 and self.idle_first_step:
            return replace(state, step=1)
        gradient = (gradient * self._region(problem)).clamp_(-self.gradient_clip, self.gradient_clip)
        momentum = self.momentum * state.momentum + (1 - self.momentum) * gradient
        movie = (state.movie - self._rate(state.step) * momentum).clamp_(0, WHITE)
        return replace(state, step=state.step + 1, movie=movie, momentum=momentum)

    def restore(self, arrays: Mapping[str, np.ndarray]) -> DescentState:
        """Return the state whose ``to_arrays`` gave these arrays."""
        return DescentState.from_arrays(arrays)

    def estimate(self, problem: Problem, state: DescentState) -> tuple[Float[Tensor, "time height width"], None]:
        """Return the current movie; the published method measures no uncertainty."""
        return state.movie, None

    def _measure(
        self, problem: Problem, state: DescentState
    ) -> tuple[Float[Tensor, "time height width"], DescentState]:
        """Return the gradient at the current movie, and the state with its losses."""
        gradient = torch.zeros_like(state.movie)
        losses, passes = [], state.passes
        for observation in problem.observations:
            windows = self._windows(problem, observation, state.step)
            part, window_losses = normalised_gradient(
                observation, state.movie, windows, batch=state.batch, over_state=self.normalise_over_state
            )
            gradient += part / len(problem.observations)
            losses.append(window_losses)
            passes += windows.count
        loss = torch.stack([each.mean() for each in losses]).mean()
        if problem.prior is not None:
            value, part = _prior_gradient(problem, state.movie)
            loss, gradient = loss + value, gradient + part
        if not bool(torch.isfinite(loss) & torch.isfinite(gradient).all()):
            raise ReverieError(
                f"The loss or its gradient is not finite at step {state.step + 1}; "
                "the encoder's weights or the responses are damaged or out of range."
            )
        return gradient, replace(state, passes=passes, loss=float(loss), last_window_loss=float(losses[-1][-1]))

    def _rate(self, step: int) -> float:
        warmth = min(step / self.warm_up, 1.0) if self.warm_up else 1.0
        correction = (1 - self.momentum ** (step + 1)) ** (2 if self.correct_momentum_twice else 1)
        return float(self.learning_rate * warmth * (1 - self.second_decay ** (step + 1)) ** 0.5 / correction)

    def _region(self, problem: Problem) -> Bool[Tensor, "height width"]:
        mask = np.ones(problem.frame_size, np.float32) if self.mask is None else self.mask
        if mask.shape not in (problem.frame_size, problem.canvas):
            raise ReverieError(
                f"The mask has {mask.shape} pixels, but the movie {problem.frame_size} and the encoder's canvas "
                f"{problem.canvas}; estimate one for this recording."
            )
        region = centre_on_canvas(_tensor(mask), problem.canvas, 0.0) >= self.training_threshold
        if not region.any():
            raise ReverieError(
                f"The mask reaches {self.training_threshold:g} at no pixel (its maximum is {mask.max():.2f}); "
                "estimate it with an encoder that predicts this animal better."
            )
        return region.to(problem.device)

    def _windows(self, problem: Problem, observation: Observation, step: int) -> Windows:
        offset = 0
        if self.random_offsets:
            offset = int(np.random.default_rng((self.offset_seed, step)).integers(self.stride))
        return cut_for(observation.encoder, problem.frames, self.window, self.stride, problem.device, offset)

    def _fitting_batch(self, problem: Problem, movie: Tensor) -> int:
        return min(
            fitting_batch(observation, movie, self._windows(problem, observation, 0))
            for observation in problem.observations
        )


def _prior_gradient(problem: Problem, movie: Tensor) -> tuple[Tensor, Float[Tensor, "time height width"]]:
    assert problem.prior is not None
    leaf = movie.clone().requires_grad_()
    value = problem.prior(crop_from_canvas(leaf, problem.frame_size))
    (gradient,) = torch.autograd.grad(value, leaf)
    return value.detach(), gradient


def _tensor(array: np.ndarray) -> Tensor:
    # A copy: torch warns about sharing memory with arrays that cannot be written to, such as memory-mapped ones.
    return torch.from_numpy(np.array(array, dtype=np.float32))


def _is_mask(mask: object) -> bool:
    if not isinstance(mask, np.ndarray) or mask.ndim != 2 or mask.dtype.kind not in "fiub":
        return False
    return bool(np.isfinite(mask).all())
