"""A truth outside the encoders' families: deep features, one kernel per neuron, adaptation, gain by frame contrast."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional

from reverie.foundation.arrays import GREY
from reverie.simulation.cells import Cells, TruthConfig, draw_cells, draw_centres
from reverie.simulation.true_encoder import Cortex, TrueEncoder
from reverie.simulation.visual_network import SPACING, VisualNetwork

LAGS = 14
"""Frames that a neuron's temporal kernel spans, the present one included."""

ADAPTATION = 24
"""Frames over which a neuron adapts to its own responses."""

CONTRAST_FRAMES = 10
"""Frames over which the whole frame's contrast is averaged."""

NETWORK_CALIBRATION_FRAMES = 150
"""Frames of the calibration movie on which the network's channels are scaled."""

FRAMES_AT_ONCE = 64
"""Frames whose features are in memory at the same time."""


@dataclass(frozen=True)
class ConvolutionalTruthConfig(TruthConfig):
    """Settings of animals outside the encoders' families."""

    threshold: tuple[float, float] = (-0.9, 0.2)
    network_seed: int = 0
    """Seed of the network whose features all animals read."""
    features: tuple[int, ...] = (3, 3, 2)
    """How many features of each stage a neuron sums, each at a place of its own near the centre; each neuron weighs the
    stages in its own way."""
    scatter_degrees: float = 7.0
    """Standard deviation of those places around the centre."""
    brightness: float = 1.0
    """Weight, over neurons, of the broad brightness around the centre."""
    frame_gain: float = 0.25
    """Contrast (0-1) of the whole frame that halves the drive; 0 for no such gain."""
    adaptation: tuple[float, float] = (0.0, 1.5)
    """Range over neurons of the strength of adaptation to their recent responses."""


@dataclass(frozen=True)
class NetworkCells(Cells):
    """Neurons that read the network, one entry per neuron."""

    taps: list[Int[np.ndarray, "neuron _"]]
    """For each stage (neuron, 4 * features), the features that a neuron sums, as indices into (channel, grid point),
    each between four grid points."""
    weights: list[Float[np.ndarray, "neuron _"]]
    """Their weights, of the same shape."""
    bases: Float[np.ndarray, " neuron"]
    """Weight of the broad brightness in each neuron."""
    kernels: Float[np.ndarray, "neuron lag"]
    """(neuron, LAGS), oldest frame first."""
    adaptations: Float[np.ndarray, " neuron"]
    """Strength of adaptation to recent responses."""


class ConvolutionalTruth(TrueEncoder):
    """Rates of animals whose neurons read a deep network: see ``VisualNetwork`` and ``ConvolutionalCortex``."""

    config: ConvolutionalTruthConfig

    def prepare(self, calibration: Float[Tensor, "1 time height width"] | None) -> None:
        """Draw the network that all animals share."""
        self.network = VisualNetwork(np.random.default_rng([self.config.network_seed, 77]))
        if calibration is not None:
            self.network.calibrate(calibration[0, :: len(calibration[0]) // NETWORK_CALIBRATION_FRAMES])

    def draw_animal(self, neurons: int, generator: np.random.Generator) -> "ConvolutionalCortex":
        """Draw the neurons of one animal."""
        cells = draw_network_cells(self.config, neurons, self.frame_size, self.network.channels, generator)
        return ConvolutionalCortex(self.config, cells, self.network)


class ConvolutionalCortex(Cortex):
    """The neurons of one animal that reads a deep network.

    drive    = kernel * (features of the frames at the neuron's places + brightness) / (g + contrast of the frame)
    response = power / (power + saturation^exponent + adaptation · recent power),  power as in ``Cortex``
    """

    memory = LAGS + ADAPTATION + CONTRAST_FRAMES - 1

    def __init__(self, config: ConvolutionalTruthConfig, cells: NetworkCells, network: VisualNetwork) -> None:
        super().__init__(config, cells)
        self.frame_gain = config.frame_gain
        # In a tuple, so that torch does not register it here: the truth holds the network once for all its animals.
        self._network = (network,)
        for stage, taps in enumerate(cells.taps):
            self.register_buffer(f"taps{stage}", torch.from_numpy(taps))
        self.keep(
            **{f"weights{stage}": weights for stage, weights in enumerate(cells.weights)},
            bases=cells.bases,
            kernels=cells.kernels[:, None],
            adaptations=cells.adaptations[:, None],
            recent=_decay(8.0, CONTRAST_FRAMES),
            lately=_decay(10.0, ADAPTATION),
        )
        self.keep(shift=np.zeros((len(cells.rows), 1)), spread=np.ones((len(cells.rows), 1)))

    def nonlinearity(self, drive: Float[Tensor, "batch neuron earlier_and_time"]) -> Float[Tensor, "batch neuron time"]:
        """Return responses to drives that begin ADAPTATION frames before the responses."""
        power = torch.relu(drive - self.get_buffer("thresholds")) ** self.exponent
        lately = functional.conv1d(power.flatten(0, 1)[:, None, :-1], self.get_buffer("lately")[None, None])
        lately = lately.view(*power.shape[:2], -1)
        now = power[..., ADAPTATION:]
        response: Tensor = now / (now + self.saturation**self.exponent + self.get_buffer("adaptations") * lately)
        return response

    def drive(self, movie: Float[Tensor, "batch before_and_time height width"]) -> Float[Tensor, "batch neuron time"]:
        """Return the drive of each neuron, in its own standard deviations once calibrated; ADAPTATION frames early."""
        brightness = (movie.mean(dim=(2, 3)) - GREY) / GREY
        seen = self._read(movie) + self.get_buffer("bases")[:, None] * brightness[:, None]
        seen = seen[..., CONTRAST_FRAMES - 1 :]
        if self.frame_gain > 0:
            seen = seen * self.gain_of_frames(movie)[:, None]
        summed = functional.conv1d(seen, self.get_buffer("kernels"), groups=seen.shape[1])
        drive: Tensor = (summed - self.get_buffer("shift")) / self.get_buffer("spread")
        return drive

    def _read(self, movie: Float[Tensor, "batch time height width"]) -> Float[Tensor, "batch neuron time"]:
        """Return the sum of each neuron's features in every frame."""
        batch, time, *_ = movie.shape
        parts = [
            self._read_frames(movie.flatten(0, 1)[first : first + FRAMES_AT_ONCE])
            for first in range(0, batch * time, FRAMES_AT_ONCE)
        ]
        return torch.cat(parts, dim=1).view(-1, batch, time).transpose(0, 1)

    def _read_frames(self, frames: Float[Tensor, "frame height width"]) -> Float[Tensor, "neuron frame"]:
        read = []
        for stage, features in enumerate(self._network[0](frames)):
            taps, weights = self.get_buffer(f"taps{stage}"), self.get_buffer(f"weights{stage}")
            points = features.flatten(1).T.contiguous()
            read.append(functional.embedding_bag(taps, points, per_sample_weights=weights, mode="sum"))
        return torch.stack(read).sum(dim=0)

    def gain_of_frames(self, movie: Float[Tensor, "batch time height width"]) -> Float[Tensor, "batch later"]:
        """Return 1 / (g + mean contrast of the last CONTRAST_FRAMES frames); CONTRAST_FRAMES - 1 frames are lost."""
        deviations = (movie - movie.mean(dim=(2, 3), keepdim=True)) / GREY
        contrast = torch.sqrt(deviations.square().mean(dim=(2, 3)) + 1e-6)
        recent = functional.conv1d(contrast[:, None], self.get_buffer("recent")[None, None])
        return 1.0 / (self.frame_gain + recent[:, 0])

    def standardise(self, drive: Float[Tensor, "batch neuron time"]) -> Float[Tensor, "batch neuron time"]:
        """Set drives to mean 0 and unit standard deviation."""
        shift, spread = drive.mean(dim=(0, 2))[:, None], drive.std(dim=(0, 2)).clamp_min(1e-6)[:, None]
        self.get_buffer("shift").copy_(shift)
        self.get_buffer("spread").copy_(spread)
        return (drive - shift) / spread


def draw_network_cells(
    config: ConvolutionalTruthConfig,
    neurons: int,
    frame_size: tuple[int, int],
    channels: tuple[int, ...],
    generator: np.random.Generator,
) -> NetworkCells:
    """Draw neurons that read a network, given the number of channels of each stage."""
    rows, columns = draw_centres(config, neurons, frame_size, generator)
    shares = generator.dirichlet(np.ones(len(channels)), neurons) ** 0.5
    taps, weights = [], []
    for stage, (number, count) in enumerate(zip(config.features, channels, strict=True)):
        chosen = generator.integers(0, count, (neurons, number))
        scatter = config.scatter_degrees / config.degrees_per_pixel * generator.standard_normal((2, *chosen.shape))
        taps_of, between = _grid_taps(np.stack([rows, columns])[..., None] + scatter, chosen, frame_size)
        signs = np.where(generator.uniform(size=chosen.shape) < 0.7, 1.0, -1.0)
        sizes = shares[:, stage, None] * signs * generator.exponential(1.0, chosen.shape)
        taps.append(taps_of)
        weights.append((sizes[..., None] * between).reshape(neurons, -1).astype(np.float32))
    return NetworkCells(
        **vars(draw_cells(config, rows, columns, generator)),
        taps=taps,
        weights=weights,
        bases=config.brightness * generator.standard_normal(neurons),
        kernels=_draw_kernels(neurons, generator),
        adaptations=generator.uniform(*config.adaptation, neurons),
    )


def _grid_taps(
    places: Float[np.ndarray, "2 neuron feature"],
    chosen: Int[np.ndarray, "neuron feature"],
    frame_size: tuple[int, int],
) -> tuple[Int[np.ndarray, "neuron tap"], Float[np.ndarray, "neuron feature 4"]]:
    """Return indices into (channel, row, column) of the four grid points around each place, and their weights."""
    grid = np.array([-(-size // SPACING) for size in frame_size])
    at = np.clip(places / SPACING, 0, grid[:, None, None] - 1.001)
    corner = np.floor(at).astype(int)
    down, right = at - corner
    first = (chosen * grid[0] + corner[0]) * grid[1] + corner[1]
    taps = np.stack([first, first + 1, first + grid[1], first + grid[1] + 1], axis=-1)
    shares = [(1 - down) * (1 - right), (1 - down) * right, down * (1 - right), down * right]
    return taps.reshape(len(chosen), -1), np.stack(shares, axis=-1)


def _draw_kernels(neurons: int, generator: np.random.Generator) -> Float[np.ndarray, "neuron lag"]:
    """Draw temporal kernels of unit norm: a peak after 1-3 frames minus a later, broader one."""
    ago = np.arange(LAGS)[::-1] - 1.0
    scale, order = generator.uniform(0.5, 1.3, (2, neurons, 1))
    late = generator.uniform(1.8, 3.0, (neurons, 1))
    share = generator.beta(1.0, 1.2, (neurons, 1))
    early, after = (
        np.where(ago >= 0, (np.maximum(ago, 0) / width) ** (2 * order) * np.exp(-np.maximum(ago, 0) / width), 0.0)
        for width in (scale, scale * late)
    )
    kernels = early / early.sum(axis=1, keepdims=True) - share * after / after.sum(axis=1, keepdims=True)
    return np.asarray(kernels / np.linalg.norm(kernels, axis=1, keepdims=True))


def _decay(frames: float, length: int) -> Float[np.ndarray, " {length}"]:
    """Return weights that decay into the past, oldest first, of unit sum."""
    weights = np.exp(-np.arange(length)[::-1] / frames)
    return np.asarray(weights / weights.sum())
