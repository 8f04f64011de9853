"""Blending each movie with another one, to find which pixels of the true one explain the responses better."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from reverie.encoders.contract import Encoder, crop_from_canvas
from reverie.foundation.errors import ReverieError
from reverie.inversion.gradients import SMALLEST_NORM, clips_that_fit, squared_error
from reverie.recordings.trial import Trial

LEAST_UNIT = 1e-30
"""Smallest mean square of a trial's responses, in their squared units, so that silent trials do not divide by 0."""


@dataclass(frozen=True)
class Pairs:
    """Movies, states and responses of a batch of trials, and for each trial another movie, flipped in time and space.

    The last frames are scored; those before are context for encoders that look back.
    """

    movies: Float[Tensor, "trial frame height width"]
    others: Float[Tensor, "trial frame height width"]
    state: Float[Tensor, "trial 4 frame"]
    responses: Float[Tensor, "trial neuron scored"]

    def split(self, size: int) -> list["Pairs"]:
        """Return the same pairs, at most ``size`` at a time."""
        arrays = (self.movies, self.others, self.state, self.responses)
        return [Pairs(*parts) for parts in zip(*(torch.split(array, size) for array in arrays), strict=True)]


@dataclass(frozen=True)
class Excerpts:
    """The same frames of several trials: where each one's scored frames start, how many, and the context before."""

    trials: Sequence[Trial]
    starts: tuple[int, ...]
    window: int
    context: int

    def draw(self, size: int, generator: np.random.Generator, device: torch.device) -> Pairs:
        """Draw trials at random, and for each the movie of another one."""
        shown = generator.integers(len(self.trials), size=size)
        others = (shown + generator.integers(1, len(self.trials), size=size)) % len(self.trials)
        flipped = [np.flip(self._movie(index), (0, 1, 2)) for index in others.tolist()]
        chosen = [(self.trials[index], self.starts[index]) for index in shown.tolist()]
        state = [trial.known_state[:, start - self.context : start + self.window] for trial, start in chosen]
        responses = [
            trial.responses[:, start : start + self.window] for trial, start in chosen if trial.responses is not None
        ]
        movies = [self._movie(index) for index in shown.tolist()]
        return Pairs(*(torch.from_numpy(np.stack(each)).to(device) for each in (movies, flipped, state, responses)))

    def _movie(self, index: int) -> Float[np.ndarray, "frame height width"]:
        start = self.starts[index]
        return self.trials[index].known_movie[start - self.context : start + self.window]


def excerpts_for(encoder: Encoder, trials: Sequence[Trial], window: int, first_frame: int) -> Excerpts:
    """Choose the frames of each trial: ``window`` (or what the encoder is bound to) from ``first_frame`` on.

    Shorter trials contribute their last ``window`` frames. Raises ReverieError when one is shorter than the window.
    """
    window = encoder.window or window
    for trial in trials:
        if trial.frames < window:
            raise ReverieError(
                f"Trial {trial.name} has {trial.frames} frames, fewer than the {window} a mask is estimated from; "
                f"leave it out (--leave-out trial:{trial.name})."
            )
    starts = tuple(min(first_frame, trial.frames - window) for trial in trials)
    return Excerpts(trials, starts, window, min(encoder.history, *starts))


def mask_gradient(
    encoder: Encoder, mouse: str, pairs: Pairs, mask: Float[Tensor, "height width"], largest: float
) -> Float[Tensor, "height width"]:
    """Return the sum over trials of the gradients of their errors with respect to the mask, on the encoder's canvas.

    Each trial's error is that between responses and rates · (1 − mean of the mask). Its gradient, with respect to a
    mask for every frame, is scaled to unit length, clipped at ``largest`` and averaged over frames. The constant added
    to the length is scaled down for responses in small units (dF/F), so that the mask does not depend on the unit.
    Source: Bauer et al. 2026, Methods.
    """
    alpha = mask.expand(*pairs.movies.shape[:2], *mask.shape).clone().requires_grad_()
    (gradient,) = torch.autograd.grad(_errors(encoder, mouse, pairs, alpha).sum(), alpha)
    unit = pairs.responses.square().mean((1, 2)).clamp(LEAST_UNIT, 1.0)[:, None, None, None]
    length = gradient.square().sum((1, 2, 3), keepdim=True).sqrt() + SMALLEST_NORM * unit
    return (gradient / length).clamp(-largest, largest).mean(1).sum(0)


def how_many_pairs_fit(encoder: Encoder, mouse: str, pairs: Pairs, mask: Float[Tensor, "height width"]) -> int:
    """Return how many pairs may go through the encoder at once on this machine."""
    one = pairs.split(1)[0]
    alpha = mask.expand(*one.movies.shape[:2], *mask.shape).clone().requires_grad_()
    return clips_that_fit(lambda: _errors(encoder, mouse, one, alpha), mask.device)


def _errors(
    encoder: Encoder, mouse: str, pairs: Pairs, alpha: Float[Tensor, "trial frame tall wide"]
) -> Float[Tensor, " trial"]:
    height, width = pairs.movies.shape[2:]
    visible = crop_from_canvas(alpha, (height, width))
    blend = visible * pairs.movies + (1 - visible) * pairs.others
    rates = encoder(blend, pairs.state, mouse)[:, :, -pairs.responses.shape[2] :]
    return squared_error(rates * (1 - alpha.mean((1, 2, 3)))[:, None, None], pairs.responses)
