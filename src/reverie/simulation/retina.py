"""A retina: cells with centre and surround that respond to light with spikes, whatever the animal's behaviour."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from reverie.foundation.arrays import GREY
from reverie.simulation.cells import Cells, TruthConfig, draw_cells, draw_centres
from reverie.simulation.true_encoder import Cortex, TrueEncoder
from reverie.simulation.truth import MEMORY, LocalContrast

RETINAL_MEMORY = 16
"""Frames that a cell's temporal kernel spans, the present one included: half a second at 30 Hz."""


@dataclass(frozen=True)
class RetinalTruthConfig(TruthConfig):
    """Settings of simulated retinas; rates are spikes per frame."""

    patch_degrees: tuple[float, float] = (22.0, 40.0)
    threshold: tuple[float, float] = (0.0, 1.0)
    exponent: float = 1.5
    saturation: float = 3.0
    floor: float = 0.05
    mean_response: float = 0.35
    mean_spread: float = 0.6
    running_gain: float = 0.0
    pupil_gain: float = 0.0
    calcium_frames: float = 0.0
    centre_degrees: tuple[float, float] = (3.5, 8.0)
    """Range of the standard deviation of the centres, degrees."""
    surround: float = 2.0
    """Width of the surround relative to the centre (McMahon et al. 2004, Journal of Neurophysiology 91, 1134: about
    twice)."""
    surround_share: tuple[float, float] = (0.3, 0.9)
    """Range of the surround's weight relative to the centre's (McMahon et al. 2004: weak)."""
    on_share: float = 0.5
    """Share of the cells that light excites (ON cells)."""
    peak_frames: tuple[float, float] = (1.3, 3.0)
    """Range of the frames from a flash to the peak of the response (40-100 ms in mammals)."""
    adaptation: float = 0.1
    """Local contrast (0-1) that halves the drive (Shapley & Victor 1978, Journal of Physiology 285, 275), so that
    checkerboards excite no more than scenes."""


@dataclass(frozen=True)
class GanglionCells(Cells):
    """Retinal ganglion cells: filters (neuron, height, width) of unit norm; kernels (neuron, lag), oldest first."""

    filters: Float[np.ndarray, "neuron height width"]
    kernels: Float[np.ndarray, "neuron lag"]


class RetinalTruth(TrueEncoder):
    """Rates of simulated retinas, spikes per frame."""

    config: RetinalTruthConfig

    def draw_animal(self, neurons: int, generator: np.random.Generator) -> "Retina":
        """Draw the cells of one retina."""
        cells = draw_ganglion_cells(self.config, neurons, self.frame_size, generator)
        return Retina(self.config, cells, self.frame_size)


class Retina(Cortex):
    """The cells of one retina: ``drive = kernel * (centre - surround) · movie / (adaptation + local contrast)``."""

    memory = RETINAL_MEMORY

    def __init__(self, config: RetinalTruthConfig, cells: GanglionCells, frame_size: tuple[int, int]) -> None:
        super().__init__(config, cells)
        self.contrast = LocalContrast(config.adaptation, cells.rows, cells.columns, frame_size)
        self.keep(filters=cells.filters.reshape(len(cells.rows), -1).T, kernels=cells.kernels[:, None])

    def drive(self, movie: Float[Tensor, "batch before_and_time height width"]) -> Float[Tensor, "batch neuron time"]:
        """Return the drive of each cell, in its own standard deviations once calibrated."""
        pixels = (movie.flatten(2) - GREY) / GREY
        seen = (pixels @ self.get_buffer("filters")).transpose(1, 2)
        drive = functional.conv1d(seen, self.get_buffer("kernels"), groups=seen.shape[1])
        adapted: Tensor = drive * self.contrast(pixels[:, RETINAL_MEMORY - MEMORY :])
        return adapted

    def standardise(self, drive: Float[Tensor, "batch neuron time"]) -> Float[Tensor, "batch neuron time"]:
        """Set drives to unit standard deviation."""
        spread = drive.std(dim=(0, 2)).clamp_min(1e-6)[:, None]
        self.get_buffer("kernels").div_(spread[:, None])
        return drive / spread


def draw_ganglion_cells(
    config: RetinalTruthConfig, neurons: int, frame_size: tuple[int, int], generator: np.random.Generator
) -> GanglionCells:
    """Draw the cells of one retina."""
    rows, columns = draw_centres(config, neurons, frame_size, generator)
    sigma = generator.uniform(*config.centre_degrees, neurons) / config.degrees_per_pixel
    share = generator.uniform(*config.surround_share, neurons)[:, None, None]
    spots = (_spots(rows, columns, wide * sigma, frame_size) for wide in (1.0, config.surround))
    centre, around = spots
    sign = np.where(generator.uniform(size=neurons) < config.on_share, 1.0, -1.0)[:, None, None]
    filters = sign * (centre - share * around)
    return GanglionCells(
        **vars(draw_cells(config, rows, columns, generator)),
        filters=filters / np.sqrt((filters**2).sum(axis=(1, 2), keepdims=True)),
        kernels=_draw_kernels(config, neurons, generator),
    )


def _spots(
    rows: Float[np.ndarray, " neuron"],
    columns: Float[np.ndarray, " neuron"],
    sigma: Float[np.ndarray, " neuron"],
    frame_size: tuple[int, int],
) -> Float[np.ndarray, "neuron height width"]:
    """Return Gaussian spots that would sum to 1 on an infinite screen and are exactly 0 far from their centre."""
    down = (np.arange(frame_size[0])[None, :, None] - rows[:, None, None]) / sigma[:, None, None]
    right = (np.arange(frame_size[1])[None, None] - columns[:, None, None]) / sigma[:, None, None]
    distance = (down**2 + right**2) / 2
    return np.where(distance < 6.0, np.exp(-distance), 0.0) / (2 * np.pi * sigma[:, None, None] ** 2)


def _draw_kernels(
    config: RetinalTruthConfig, neurons: int, generator: np.random.Generator
) -> Float[np.ndarray, "neuron lag"]:
    """Draw kernels of unit norm with a peak and a later undershoot (Chichilnisky 2001, Network 12, 199)."""
    ago = np.arange(RETINAL_MEMORY)[::-1].astype(float)
    peak = generator.uniform(*config.peak_frames, (neurons, 1))
    undershoot = generator.uniform(0.2, 0.9, (neurons, 1))
    first, second = ((ago / at) ** 5 * np.exp(-5 * (ago / at - 1.0)) for at in (peak, 1.9 * peak))
    kernels = first - 0.6 * undershoot * second
    return np.asarray(kernels / np.linalg.norm(kernels, axis=1, keepdims=True))
