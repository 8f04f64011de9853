"""What is timed: an untrained encoder, the published network with the same weights, and a clip to invert."""

from dataclasses import dataclass

import numpy as np
import torch
from einops import rearrange
from jaxtyping import Float
from torch import Tensor

from benchmarks.published_network import PublishedNetwork
from reverie.encoders.dwiseneuro import DwiseNeuro
from reverie.encoders.fast.dwiseneuro import FrozenDwiseNeuro
from reverie.encoders.presets import preset
from reverie.foundation.arrays import FRAME_SIZE, GREY
from reverie.inversion.problem import Observation, Problem

MOUSE = "mouse"


@dataclass(frozen=True)
class Subject:
    """An encoder of one animal in its plain and its fast form; data, no behaviour."""

    encoder: DwiseNeuro
    fast: FrozenDwiseNeuro
    neurons: int


def make_subject(size: str, neurons: int, seed: int = 0) -> Subject:
    """Return a DwiseNeuro of a named size with random weights and normalisation statistics.

    What anything costs does not depend on the weights.
    """
    encoder = _untrained(size, {MOUSE: neurons}, seed)
    return Subject(encoder, FrozenDwiseNeuro(encoder, MOUSE, torch.arange(neurons)), neurons)


def make_animals(size: str, neurons: int, count: int, seed: int = 0) -> dict[str, FrozenDwiseNeuro]:
    """Return the fast forms of one encoder for each of several animals."""
    encoder = _untrained(size, {f"{MOUSE}{number}": neurons for number in range(count)}, seed)
    return {mouse: FrozenDwiseNeuro(encoder, mouse, torch.arange(neurons)) for mouse in encoder.mice}


def _untrained(size: str, mice: dict[str, int], seed: int) -> DwiseNeuro:
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        encoder = DwiseNeuro(preset("dwiseneuro", size), mice, FRAME_SIZE).eval()
        for module in encoder.modules():
            if isinstance(module, torch.nn.BatchNorm1d | torch.nn.BatchNorm2d):
                module.get_buffer("running_mean").normal_(0.0, 0.1)
                module.get_buffer("running_var").uniform_(0.5, 1.5)
    return encoder


def published(subject: Subject) -> PublishedNetwork:
    """Return the published network with the subject's weights."""
    return PublishedNetwork(subject.encoder, MOUSE).eval()


def make_clip(
    frames: int, neurons: int, seed: int = 0
) -> tuple[Float[Tensor, "time height width"], Float[Tensor, "4 time"], Float[Tensor, "neuron time"]]:
    """Return a movie, a state and responses of noise; what anything costs does not depend on them."""
    generator = np.random.default_rng(seed)
    movie = np.clip(generator.normal(GREY, 50.0, (frames, *FRAME_SIZE)), 0, 255)
    state, responses = generator.uniform(0, 3, (4, frames)), generator.gamma(0.3, 6.0, (neurons, frames))
    return _tensor(movie), _tensor(state), _tensor(responses)


def _tensor(array: np.ndarray) -> Tensor:
    return torch.from_numpy(array.astype(np.float32))


def stacks_of(
    subject: Subject, movie: Float[Tensor, "time height width"], state: Float[Tensor, "4 time"]
) -> Float[Tensor, "stack 5 frame tall wide"]:
    """Return the picture planes of the stacks of a clip as long as one window."""
    step = subject.encoder.layout.step
    planes = subject.encoder.planes(movie[None], state[None])
    return rearrange(planes, "1 plane (time step) h w -> step plane time h w", step=step).contiguous()


def problem_of(subject: Subject, state: Float[Tensor, "4 time"], responses: Float[Tensor, "neuron time"]) -> Problem:
    """Return the problem of inverting the subject's fast form, all pixels free."""
    observation = Observation(subject.fast, MOUSE, state, responses)
    return Problem((observation,))
