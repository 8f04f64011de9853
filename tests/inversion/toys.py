"""A toy population that looks through spots at a small screen: quick, smooth, and known."""

import numpy as np
import torch
from scipy.ndimage import gaussian_filter, map_coordinates
from torch import Tensor, nn
from torch.nn import functional

from reverie.encoders.contract import Encoder, centre_on_canvas
from reverie.foundation.arrays import GREY
from reverie.inversion.problem import Observation, Problem
from reverie.recordings.trial import Trial

SIZE = (12, 16)
FRAMES = 50


class SpotEncoder(Encoder):
    """Neurons with one spot, light or dark, a decaying memory of ``history`` frames and a gain by speed."""

    def __init__(self, neurons: int = 60, *, history: int = 0, size: tuple[int, int] = SIZE, seed: int = 0) -> None:
        super().__init__({"toy": neurons}, size)
        self.history = history
        generator = np.random.default_rng(seed)
        rows, columns = (generator.uniform(0, n, neurons)[:, None, None] for n in size)
        y, x = np.mgrid[: size[0], : size[1]]
        spots = np.exp(-((y - rows) ** 2 + (x - columns) ** 2) / 4.0) / 12.0
        spots *= generator.choice([-1.0, 1.0], neurons)[:, None, None]
        self.spots = nn.Parameter(torch.from_numpy(spots).float())
        memory = np.exp(-np.arange(history + 1) / 2.0)[::-1] / np.exp(-np.arange(history + 1) / 2.0).sum()
        self.register_buffer("memory", torch.from_numpy(memory.copy()).float())

    def forward(self, movie: Tensor, state: Tensor, mouse: str) -> Tensor:
        self.require_mouse(mouse)
        contrast = functional.pad((movie - GREY) / 50.0, (0, 0, 0, 0, self.history, 0))
        drive = torch.einsum("bthw,nhw->bnt", contrast, self.spots)
        remembered = drive.unfold(2, self.history + 1, 1) @ self.get_buffer("memory")
        return functional.softplus(1.0 + 4.0 * remembered) * (1.0 + 0.1 * state[:, 1:2])


class PlaneEncoder(Encoder):
    """Bound to 8-frame windows on a canvas, and sees the state as planes, as DwiseNeuro does."""

    window = 8

    def __init__(self, neurons: int = 20, seed: int = 0) -> None:
        super().__init__({"toy": neurons}, SIZE)
        generator = torch.Generator().manual_seed(seed)
        self.weights = nn.Parameter(0.002 * torch.randn(neurons, 5, *self.canvas, generator=generator))

    @property
    def canvas(self) -> tuple[int, int]:
        return (16, 16)

    @property
    def sees_state_as_planes(self) -> bool:
        return True

    def forward(self, movie: Tensor, state: Tensor, mouse: str) -> Tensor:
        assert movie.shape[1] == self.window
        if state.ndim == 3:
            state = state[..., None, None].expand(*state.shape, *self.canvas)
        planes = torch.cat([centre_on_canvas(movie, self.canvas, 0.0)[:, None], state], dim=1)
        return functional.softplus(torch.einsum("bpthw,nphw->bnt", planes, self.weights))


def smooth_movie(
    frames: int = FRAMES, size: tuple[int, int] = SIZE, seed: int = 0, slowness: float = 1.5
) -> np.ndarray:
    noise = gaussian_filter(np.random.default_rng(seed).standard_normal((frames, *size)), (slowness, 2, 2))
    return np.clip(GREY + 45 * noise / noise.std(), 0, 255).astype(np.float32)


def panned(path, seed=0, size=(24, 32)):
    """A picture whose content moves along a path."""
    scene = gaussian_filter(np.random.default_rng(seed).standard_normal((120, 160)), 2)
    rows, columns = np.mgrid[: size[0], : size[1]].astype(float)
    frames = [map_coordinates(scene, [rows + 50 - down, columns + 60 - right], order=3) for down, right in path]
    return (np.stack(frames) / scene.std() * 40 + 120).astype(np.float32)


def wandering(frames, seed=0, speed=0.6):
    steps = speed * gaussian_filter(np.random.default_rng(seed).standard_normal((frames, 2)), (3, 0)) * 3
    return np.cumsum(steps, axis=0) - steps[0]


def running_state(frames: int = FRAMES, seed: int = 0) -> Tensor:
    return torch.from_numpy(np.random.default_rng(seed).uniform(0, 3, (4, frames)).astype(np.float32))


def observe(encoder: Encoder, movie: np.ndarray, *, seed: int = 0, noisy: bool = False) -> Observation:
    """Let the encoder's own neurons watch the movie, with or without Poisson noise."""
    state = running_state(len(movie), seed)
    with torch.no_grad():
        if encoder.window is None:
            rates = encoder(torch.from_numpy(movie)[None], state[None], "toy")[0]
        else:
            rates = torch.rand(encoder.mice["toy"], len(movie), generator=torch.Generator().manual_seed(seed))
    responses = torch.poisson(rates, generator=torch.Generator().manual_seed(seed)) if noisy else rates
    return Observation(encoder, "toy", state, responses)


def problem(*observations: Observation) -> Problem:
    return Problem(observations)


def shown(movie: np.ndarray, name: str = "0") -> Trial:
    """A training trial in which only the movie matters."""
    return Trial(name, "train", movie, np.zeros((4, len(movie)), np.float32), None)


def trials_of(encoder: Encoder, count: int, frames: int = 90) -> list[Trial]:
    """Trials with Poisson noise, each with another movie."""
    trials = []
    for seed in range(count):
        movie = smooth_movie(frames, encoder.frame_size, seed)
        observation = observe(encoder, movie, seed=seed, noisy=True)
        trials.append(Trial(str(seed), "train", movie, observation.state.numpy(), observation.responses.numpy()))
    return trials
