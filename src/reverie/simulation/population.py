"""Drawing a population of simulated neurons: where each one looks, for what, how fast, and how strongly."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from reverie.simulation.cells import Cells, draw_cells, draw_centres
from reverie.simulation.settings import TruthConfig

MEMORY = 12
"""Frames a temporal kernel spans, the present one included (0.4 s at 30 Hz)."""


@dataclass(frozen=True)
class SimulatedTruthConfig(TruthConfig):
    """What the usual simulated animals are like.

    cycles_per_degree, octaves: median and standard deviation of the preferred spatial frequencies (log-normal).
    blob_share: part of the neurons that prefer no frequency but light or dark blobs. complex_share: part of the others
    that add up two phases (complex cells). widest_degrees: largest standard deviation of a receptive field.
    normalisation: contrast (0-1) at which local contrast has halved the drive.
    """

    cycles_per_degree: float = 0.03
    octaves: float = 0.9
    blob_share: float = 0.25
    complex_share: float = 0.35
    widest_degrees: float = 17.0
    normalisation: float = 0.2


@dataclass(frozen=True)
class Population(Cells):
    """The neurons of one animal of the usual kind, one entry a neuron.

    filters: (neuron, 2, height, width), an even and an odd phase. kernels: (neuron, 2, 2, MEMORY), how each of two
    drives (first axis of the pair) sums the two phases over the last frames, oldest first. complex_cells: which
    neurons add up the energy of both drives.
    """

    filters: Float[np.ndarray, "neuron 2 height width"]
    kernels: Float[np.ndarray, "neuron 2 2 lag"]
    complex_cells: Bool[np.ndarray, " neuron"]


def draw_population(
    config: SimulatedTruthConfig, neurons: int, frame_size: tuple[int, int], generator: np.random.Generator
) -> Population:
    """Draw the neurons of one animal."""
    rows, columns = draw_centres(config, neurons, frame_size, generator)
    blobs = generator.uniform(size=neurons) < config.blob_share
    filters = _draw_filters(config, blobs, rows, columns, frame_size, generator)
    complex_cells = ~blobs & (generator.uniform(size=neurons) < config.complex_share)
    kernels = _draw_kernels(neurons, generator)
    cells = draw_cells(config, rows, columns, generator)
    return Population(**vars(cells), filters=filters, kernels=kernels, complex_cells=complex_cells)


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
    pair = _gabors(rows, columns, angle, frequency, phase, sigma * stretch, sigma / stretch, frame_size)
    pair[blobs, 1] = 0.0
    return np.asarray(pair / np.sqrt((pair**2).sum(axis=(1, 2, 3), keepdims=True)))


def _gabors(
    rows: Float[np.ndarray, " neuron"],
    columns: Float[np.ndarray, " neuron"],
    angle: Float[np.ndarray, " neuron"],
    frequency: Float[np.ndarray, " neuron"],
    phase: Float[np.ndarray, " neuron"],
    length: Float[np.ndarray, " neuron"],
    width: Float[np.ndarray, " neuron"],
    frame_size: tuple[int, int],
) -> Float[np.ndarray, "neuron 2 height width"]:
    """Return Gabor functions with a cosine and a sine carrier; lengths in pixels, frequencies in cycles a pixel."""
    # Single precision: populations of thousands of neurons are large.
    rows, columns, angle, frequency, phase, length, width = (
        values.astype(np.float32)[:, None, None] for values in (rows, columns, angle, frequency, phase, length, width)
    )
    down = np.arange(frame_size[0], dtype=np.float32)[None, :, None] - rows
    right = np.arange(frame_size[1], dtype=np.float32)[None, None, :] - columns
    along = np.cos(angle) * right + np.sin(angle) * down
    across = np.cos(angle) * down - np.sin(angle) * right
    distance = ((along / length) ** 2 + (across / width) ** 2) / 2
    # Cut at three standard deviations: tails would be denormal numbers, which are slow.
    envelope = np.where(distance < 4.5, np.exp(-distance), np.float32(0.0))
    carrier = np.float32(2 * np.pi) * frequency * along + phase
    return np.stack([np.cos(carrier) * envelope, np.sin(carrier) * envelope], axis=1)


def _draw_kernels(neurons: int, generator: np.random.Generator) -> Float[np.ndarray, "neuron 2 2 lag"]:
    """Draw temporal kernels from sustained to transient, and how strongly each neuron prefers a direction of motion.

    The first drive sums the even phase with the kernel and the odd phase with the slower quadrature kernel; the second
    drive is its partner a quarter cycle on. Without direction preference each drive has one phase only.
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
    # The present frame cannot be answered yet: light takes longer than one frame to reach the cortex.
    bump = np.where((ago >= 1) & (bump > 1e-3), bump, 0.0)
    return np.asarray(bump / bump.sum(axis=1, keepdims=True))


def _unit(kernel: Float[np.ndarray, "neuron lag"]) -> Float[np.ndarray, "neuron lag"]:
    return np.asarray(kernel / np.linalg.norm(kernel, axis=1, keepdims=True))
