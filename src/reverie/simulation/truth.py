"""The default simulated visual cortex: Gabor energy and blobs with temporal kernels, divided by local contrast."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn import functional

from reverie.foundation.arrays import GREY
from reverie.simulation.cells import Cells, TruthConfig, draw_cells, draw_centres
from reverie.simulation.true_encoder import Cortex, TrueEncoder

MEMORY = 12
"""Frames that a temporal kernel spans, the present one included (0.4 s at 30 Hz)."""

POOL_PIXELS = 4.0
"""Standard deviation in pixels of the pools in which contrast is measured."""

SPACING_PIXELS = 6
"""Distance in pixels between the pools' centres."""


@dataclass(frozen=True)
class SimulatedTruthConfig(TruthConfig):
    """Settings of the default simulated animals."""

    cycles_per_degree: float = 0.03
    """Median of the preferred spatial frequencies (log-normal)."""
    octaves: float = 0.9
    """Standard deviation of the preferred spatial frequencies, octaves."""
    blob_share: float = 0.25
    """Share of the neurons that prefer light or dark blobs instead of a frequency."""
    complex_share: float = 0.35
    """Share of the others that sum the energy of two phases (complex cells)."""
    widest_degrees: float = 17.0
    """Largest standard deviation of a receptive field, degrees."""
    normalisation: float = 0.2
    """Local contrast (0-1) that halves the drive."""


@dataclass(frozen=True)
class GaborCells(Cells):
    """The neurons of one animal of the default kind, one entry per neuron."""

    filters: Float[np.ndarray, "neuron 2 height width"]
    """(neuron, 2, height, width), an even and an odd phase."""
    kernels: Float[np.ndarray, "neuron 2 2 lag"]
    """(neuron, drive, phase, MEMORY), how each of two drives sums the two phases over the last frames, oldest first."""
    complex_cells: Bool[np.ndarray, " neuron"]
    """Which neurons sum the energy of both drives."""


def draw_gabor_cells(
    config: SimulatedTruthConfig, neurons: int, frame_size: tuple[int, int], generator: np.random.Generator
) -> GaborCells:
    """Draw the neurons of one animal."""
    rows, columns = draw_centres(config, neurons, frame_size, generator)
    blobs = generator.uniform(size=neurons) < config.blob_share
    filters = _draw_filters(config, blobs, rows, columns, frame_size, generator)
    complex_cells = ~blobs & (generator.uniform(size=neurons) < config.complex_share)
    kernels = _draw_kernels(neurons, generator)
    cells = draw_cells(config, rows, columns, generator)
    return GaborCells(**vars(cells), filters=filters, kernels=kernels, complex_cells=complex_cells)


def _draw_filters(
    config: SimulatedTruthConfig,
    blobs: Bool[np.ndarray, " neuron"],
    rows: Float[np.ndarray, " neuron"],
    columns: Float[np.ndarray, " neuron"],
    frame_size: tuple[int, int],
    generator: np.random.Generator,
) -> Float[np.ndarray, "neuron 2 height width"]:
    """Draw pairs of Gabor functions a quarter cycle apart (or blobs, light or dark), each of unit norm."""
    neurons = len(rows)
    frequency = config.cycles_per_degree * 2.0 ** (config.octaves * generator.standard_normal(neurons))
    frequency = np.minimum(frequency * config.degrees_per_pixel, 0.35)  # beyond that pixels alias
    widest = config.widest_degrees / config.degrees_per_pixel
    sigma = np.clip(generator.uniform(0.3, 0.55, neurons) / frequency, 1.2, widest)
    sigma = np.where(blobs, generator.uniform(1.5, widest, neurons), sigma)
    stretch = np.exp(generator.normal(0.0, 0.2, neurons))
    angle = generator.uniform(0.0, np.pi, neurons)
    phase = np.where(blobs, np.pi * generator.integers(0, 2, neurons), generator.uniform(0.0, 2 * np.pi, neurons))
    frequency = np.where(blobs, 0.0, frequency)
    pair = _gabors((rows, columns), (sigma * stretch, sigma / stretch), angle, frequency, phase, frame_size)
    pair[blobs, 1] = 0.0
    return np.asarray(pair / np.sqrt((pair**2).sum(axis=(1, 2, 3), keepdims=True)))


def _gabors(
    centres: tuple[Float[np.ndarray, " neuron"], Float[np.ndarray, " neuron"]],
    lengths: tuple[Float[np.ndarray, " neuron"], Float[np.ndarray, " neuron"]],
    angle: Float[np.ndarray, " neuron"],
    frequency: Float[np.ndarray, " neuron"],
    phase: Float[np.ndarray, " neuron"],
    frame_size: tuple[int, int],
) -> Float[np.ndarray, "neuron 2 height width"]:
    """Return Gabor functions with a cosine and a sine carrier; lengths in pixels, frequencies in cycles per pixel.

    Centres are (row, column), lengths those along and across the carrier.
    """
    # Single precision: populations of thousands of neurons are large.
    rows, columns, length, width, angle, frequency, phase = (
        values.astype(np.float32)[:, None, None] for values in (*centres, *lengths, angle, frequency, phase)
    )
    down = np.arange(frame_size[0], dtype=np.float32)[None, :, None] - rows
    right = np.arange(frame_size[1], dtype=np.float32)[None, None, :] - columns
    along = np.cos(angle) * right + np.sin(angle) * down
    across = np.cos(angle) * down - np.sin(angle) * right
    distance = ((along / length) ** 2 + (across / width) ** 2) / 2
    # Cut at three standard deviations: the tails would be denormal numbers, which are slow to compute with.
    envelope = np.where(distance < 4.5, np.exp(-distance), np.float32(0.0))
    carrier = np.float32(2 * np.pi) * frequency * along + phase
    return np.stack([np.cos(carrier) * envelope, np.sin(carrier) * envelope], axis=1)


def _draw_kernels(neurons: int, generator: np.random.Generator) -> Float[np.ndarray, "neuron 2 2 lag"]:
    """Draw temporal kernels from sustained to transient, and how strongly each neuron prefers a direction of motion.

    The first drive sums the even phase with the kernel and the odd phase with the slower quadrature kernel; the second
    drive is its partner, a quarter of a cycle later. Without direction preference, each drive has one phase only.
    """
    delay = generator.uniform(1.0, 3.0, neurons)
    width = generator.uniform(0.7, 1.8, neurons)
    transience = generator.beta(1.0, 1.2, neurons)
    main = _bump(delay, width)
    late = _bump(delay + 1.5 + 1.5 * width, 1.4 * width)
    kernel = _unit(main - transience[:, None] * late)
    quadrature = _unit(_bump(delay + 0.8 * width, width) - _bump(delay + 3.0 * width, 1.4 * width))
    preference = generator.beta(0.6, 1.4, neurons)[:, None] * generator.choice([-1.0, 1.0], (neurons, 1))
    pairs = np.stack([kernel, preference * quadrature, -preference * quadrature, kernel], axis=1)
    return np.asarray(pairs.reshape(neurons, 2, 2, MEMORY))


def _bump(peak: Float[np.ndarray, " neuron"], width: Float[np.ndarray, " neuron"]) -> Float[np.ndarray, "neuron lag"]:
    """Return smooth bumps of unit sum, ``peak`` frames ago; lags run from the oldest to the present."""
    ago = np.arange(MEMORY)[::-1]
    bump = np.exp(-0.5 * ((ago - peak[:, None]) / width[:, None]) ** 2)
    # No response to the present frame: signals take longer than one frame from the eye to the cortex.
    bump = np.where((ago >= 1) & (bump > 1e-3), bump, 0.0)
    return np.asarray(bump / bump.sum(axis=1, keepdims=True))


def _unit(kernel: Float[np.ndarray, "neuron lag"]) -> Float[np.ndarray, "neuron lag"]:
    return np.asarray(kernel / np.linalg.norm(kernel, axis=1, keepdims=True))


class LocalContrast(nn.Module):
    """The factor 1 / (c0 + local contrast) of each neuron.

    Contrast is the standard deviation of the pixels in a pool, averaged over the last frames. Pools lie on a coarse
    grid, and each neuron takes a weighted mean of those around it.
    """

    def __init__(
        self,
        half_saturation: float,
        rows: Float[np.ndarray, " neuron"],
        columns: Float[np.ndarray, " neuron"],
        frame_size: tuple[int, int],
    ) -> None:
        super().__init__()
        self.half_saturation = half_saturation
        pool_rows, pool_columns = (np.arange(0, size + SPACING_PIXELS, SPACING_PIXELS) for size in frame_size)
        pools = np.stack(np.meshgrid(pool_rows, pool_columns, indexing="ij"), axis=-1).reshape(-1, 2)
        pixels = np.stack(np.meshgrid(*map(np.arange, frame_size), indexing="ij"), axis=-1).reshape(-1, 2)
        # Receptive fields beyond the edge take the contrast at the edge.
        inside = np.clip(np.stack([rows, columns], axis=-1), 0, np.array(frame_size) - 1)
        self.register_buffer("pools", _near(pixels, pools, POOL_PIXELS))
        self.register_buffer("neighbours", _near(pools, inside, SPACING_PIXELS / 2))
        ago = np.arange(MEMORY)[::-1]
        recent = np.where(ago >= 1, np.exp(-ago / 3.0), 0.0)
        self.register_buffer("recent", torch.from_numpy((recent / recent.sum()).astype(np.float32)))

    def forward(self, pixels: Float[Tensor, "batch before_and_time pixel"]) -> Float[Tensor, "batch neuron time"]:
        """Return each neuron's factor; pixels are contrasts (-1 to 1 around grey) and begin MEMORY - 1 frames early."""
        pools = self.get_buffer("pools")
        variance = pixels.square() @ pools - (pixels @ pools).square()
        contrast = torch.sqrt(variance.clamp_min(0.0) + 1e-6)
        recent = contrast.unfold(1, MEMORY, 1) @ self.get_buffer("recent")
        return 1.0 / (self.half_saturation + recent @ self.get_buffer("neighbours")).transpose(1, 2)


def _near(sources: np.ndarray, targets: np.ndarray, sigma: float) -> Float[Tensor, "source target"]:
    """Return Gaussian weights of the sources around each target, of unit sum; far ones are exactly 0."""
    squared = ((sources[:, None] - targets[None]) ** 2).sum(axis=-1) / (2 * sigma**2)
    weights = np.where(squared < 6.0, np.exp(-squared), 0.0)
    return torch.from_numpy((weights / weights.sum(axis=0)).astype(np.float32))


class SimulatedTruth(TrueEncoder):
    """Rates of simulated animals: Gabor energy or blobs in space, kernels in time, threshold and power, gain by state.

        drive = kernels * (filters · contrast of the movie) / (c0 + local contrast)

    The rest is described in ``Cortex`` and ``TrueEncoder``.
    """

    config: SimulatedTruthConfig

    def draw_animal(self, neurons: int, generator: np.random.Generator) -> "SimulatedCortex":
        """Draw the neurons of one animal."""
        return SimulatedCortex(
            self.config, draw_gabor_cells(self.config, neurons, self.frame_size, generator), self.frame_size
        )


class SimulatedCortex(Cortex):
    """The neurons of one animal of the default kind."""

    memory = MEMORY

    def __init__(self, config: SimulatedTruthConfig, population: GaborCells, frame_size: tuple[int, int]) -> None:
        super().__init__(config, population)
        self.contrast = LocalContrast(config.normalisation, population.rows, population.columns, frame_size)
        neurons = len(population.rows)
        self.keep(
            filters=population.filters.reshape(2 * neurons, -1).T,
            kernels=population.kernels.reshape(2 * neurons, 2, MEMORY),
            is_complex=population.complex_cells[:, None],
        )

    def drive(self, movie: Float[Tensor, "batch before_and_time height width"]) -> Float[Tensor, "batch neuron time"]:
        """Return the normalised drive of each neuron, in its own standard deviations once calibrated."""
        pixels = (movie.flatten(2) - GREY) / GREY
        seen = (pixels @ self.get_buffer("filters")).transpose(1, 2)
        neurons = seen.shape[1] // 2
        drives = functional.conv1d(seen, self.get_buffer("kernels"), groups=neurons)
        drives = drives.reshape(len(drives), neurons, 2, drives.shape[-1])
        # A small number under the root keeps its slope finite at 0.
        energy = torch.sqrt(drives.square().sum(dim=2) + 1e-8)
        chosen = torch.where(self.get_buffer("is_complex") > 0, energy, drives[:, :, 0])
        drive: Tensor = chosen * self.contrast(pixels)
        return drive

    def standardise(self, drive: Float[Tensor, "batch neuron time"]) -> Float[Tensor, "batch neuron time"]:
        """Set drives to unit standard deviation; thresholds of energies (never negative) count from their mean."""
        spread = drive.std(dim=(0, 2)).clamp_min(1e-6)
        self.get_buffer("kernels").div_(spread.repeat_interleave(2)[:, None, None])
        centre = (drive.mean(dim=(0, 2)) / spread)[:, None] * self.get_buffer("is_complex")
        self.get_buffer("thresholds").add_(centre)
        return drive / spread[:, None]
