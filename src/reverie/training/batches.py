"""Windows to learn from, drawn from the seed and the step alone, and boxes of other windows pasted in (CutMix)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from reverie.encoders.contract import Encoder
from reverie.foundation.arrays import GREY
from reverie.foundation.errors import ReverieError
from reverie.recordings.lazy_trials import HeldTrials, lengths_of, read_part
from reverie.recordings.recording import Recording
from reverie.recordings.trial import Trial
from reverie.training.settings import TrainingSettings
from reverie.training.targets import Target, sizes


@dataclass(frozen=True)
class Batch:
    """Windows of one animal."""

    mouse: str
    movie: Float[Tensor, "batch time height width"]
    state: Float[Tensor, "batch 4 time"]
    responses: Float[Tensor, "batch neuron time"]
    weight: Float[Tensor, "batch time"]
    """1 for frames that count in the loss, 0 for context and padding."""

    def to(self, device: torch.device) -> "Batch":
        """Return the same windows on another device."""
        names = ("movie", "state", "responses", "weight")
        return replace(self, **{name: getattr(self, name).to(device, non_blocking=True) for name in names})


def generator_of(seed: int, step: int, purpose: str = "windows") -> np.random.Generator:
    """Return the random generator of one step for one purpose, which depends on nothing that happened before."""
    return np.random.default_rng((seed, step, *purpose.encode()))


IN_MEMORY = 2**30
"""Bytes of trials that are kept in memory; windows of a larger recording are read as they are drawn."""


def load_trials(recording: Recording, names: Sequence[str], encoder: Encoder, *, limit: int = IN_MEMORY) -> HeldTrials:
    """Return trials to learn from, read when they are needed; up to ``limit`` bytes of them are kept in memory.

    Raises ReverieError when the encoder has no readout for the animal or is made for another frame size, a trial has no
    responses, or no trial is as long as the encoder's windows.
    """
    neurons = encoder.require_mouse(recording.name)
    for name in names:
        if not recording.has_responses(name):
            raise ReverieError(f"Trial {name} of {recording.name} has no responses; nothing can be learned from it.")
    if recording.neurons != neurons:
        raise ReverieError(
            f"{recording.name} has {recording.neurons} neurons but the encoder reads out {neurons}; build the encoder "
            "for this recording."
        )
    if recording.frame_size != tuple(encoder.frame_size):
        raise ReverieError(
            f"{recording.name} has frames of {recording.frame_size} pixels but the encoder was built for "
            f"{tuple(encoder.frame_size)}; build the encoder for this recording."
        )
    usable = tuple(name for name in names if recording.frames(name) >= (encoder.window or 1))
    if not usable:
        raise ReverieError(
            f"No training trial of {recording.name} has the {encoder.window or 1} frames the encoder's window needs."
        )
    return HeldTrials(recording, usable, limit)


class WindowSampler:
    """Draws windows of several animals, one animal per step, in turn.

    All frames of all trials are equally likely to be scored, except the last ones of a trial, which fewer windows
    reach. Frames that the encoder needs as context are not scored, unless the clip begins with them.
    """

    def __init__(
        self,
        trials: Mapping[str, Sequence[Trial]],
        *,
        batch: int,
        window: int,
        history: int,
        seed: int,
        targets: Mapping[str, Target] | None = None,
    ) -> None:
        self.trials = trials
        self.lengths = {mouse: np.array(lengths_of(each)) for mouse, each in trials.items()}
        self.targets = targets or {}
        self.batch, self.window, self.history, self.seed = batch, window, history, seed

    @classmethod
    def of(
        cls,
        encoder: Encoder,
        trials: Mapping[str, Sequence[Trial]],
        settings: TrainingSettings,
        targets: Mapping[str, Target] | None = None,
    ) -> "WindowSampler":
        """Return a sampler of windows that fit an encoder: of the length it is bound to, or with history as context.

        Parameters
        ----------
        targets
            The target of each animal's responses; by default their sizes.
        """
        bound = encoder.window is not None
        return cls(
            trials,
            batch=settings.batch,
            window=encoder.window or settings.window,
            history=0 if bound else encoder.history,
            seed=settings.seed,
            targets=targets,
        )

    def draw(self, step: int) -> Batch:
        """Return the windows of one step; the same for the same seed and step."""
        generator = generator_of(self.seed, step)
        mouse = list(self.trials)[step % len(self.trials)]
        trials = self.trials[mouse]
        length = self.window + self.history
        frames = self.lengths[mouse]
        chosen = generator.choice(len(trials), size=self.batch, p=frames / frames.sum())
        drawn = generator.integers(-self.history, np.maximum(frames[chosen] - length, 0) + 1)
        # A window that would begin before its clip begins with the clip: the encoder itself puts grey before it.
        windows = [
            self._cut(trials, int(which), max(int(start), 0), length)
            for which, start in zip(chosen, drawn, strict=True)
        ]
        target = self.targets.get(mouse, sizes)
        windows = [(movie, state, target(responses), weight) for movie, state, responses, weight in windows]
        movie, state, responses, weight = (torch.from_numpy(np.stack(parts)) for parts in zip(*windows, strict=True))
        return Batch(mouse, movie, state, responses, weight)

    def _cut(
        self, trials: Sequence[Trial], which: int, start: int, length: int
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Return a window's movie, state, responses and weight; beyond the end of a trial it is grey, with weight 0."""
        part = read_part(trials, which, start, start + length)
        missing = length - part.frames
        weight = np.ones(length, dtype=np.float32)
        weight[: self.history if start > 0 else 0] = 0
        weight[part.frames :] = 0
        assert part.responses is not None
        movie = np.asarray(part.known_movie, dtype=np.float32)
        state = np.asarray(part.known_state, dtype=np.float32)
        responses = np.asarray(part.responses, dtype=np.float32)
        if missing:
            movie = np.pad(movie, ((0, missing), (0, 0), (0, 0)), constant_values=GREY)
            state = np.pad(state, ((0, 0), (0, missing)), mode="edge")
            responses = np.pad(responses, ((0, 0), (0, missing)))
        return movie, state, responses, weight


def box_of_area(area: float, height: int, width: int, generator: np.random.Generator) -> tuple[slice, slice]:
    """Return rows and columns of a box with the frame's proportions, about ``area`` (0-1) of it, cut at its edges."""
    side = np.sqrt(area)
    tall, wide = round(height * side), round(width * side)
    top = int(generator.integers(0, height + 1)) - tall // 2
    left = int(generator.integers(0, width + 1)) - wide // 2
    rows = slice(max(top, 0), min(max(top + tall, 0), height))
    columns = slice(max(left, 0), min(max(left + wide, 0), width))
    return rows, columns


def mix(kept: float, own: Float[Tensor, "*any"], other: Float[Tensor, "*any"]) -> Float[Tensor, "*any"]:
    """Return the mean of two tensors with weights ``kept`` and ``1 - kept``."""
    return kept * own + (1 - kept) * other


def cutmix(batch: Batch, generator: np.random.Generator, *, probability: float, alpha: float) -> Batch:
    """With some probability, paste the same spatial box of another window into each window, for its whole length.

    Responses and state are averaged with the shares of the area that each window has in the end. A frame counts only
    where it counts in both windows. The kept area is drawn from a beta distribution with both parameters ``alpha``. The
    published encoder was trained like this (alpha 1, probability 1/2).
    """
    if generator.random() >= probability or len(batch.movie) < 2:
        return batch
    height, width = batch.movie.shape[2:]
    rows, columns = box_of_area(1 - generator.beta(alpha, alpha), height, width, generator)
    order = torch.as_tensor(generator.permutation(len(batch.movie)), device=batch.movie.device)
    movie = batch.movie.clone()
    movie[:, :, rows, columns] = batch.movie[order][:, :, rows, columns]
    kept = 1 - (rows.stop - rows.start) * (columns.stop - columns.start) / (height * width)
    return Batch(
        mouse=batch.mouse,
        movie=movie,
        state=mix(kept, batch.state, batch.state[order]),
        responses=mix(kept, batch.responses, batch.responses[order]),
        weight=torch.minimum(batch.weight, batch.weight[order]),
    )
