"""The usual simulated visual cortex: Gabor energy and blobs with kernels in time, divided by local contrast."""

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from reverie.foundation.arrays import GREY
from reverie.simulation.contrast import LocalContrast
from reverie.simulation.population import MEMORY, Population, SimulatedTruthConfig, draw_population
from reverie.simulation.true_encoder import Cortex, TrueEncoder


class SimulatedTruth(TrueEncoder):
    """Rates of simulated animals: Gabor energy or blobs in space, kernels in time, threshold and power, gain by state.

        drive = kernels * (filters · contrast of the movie) / (c0 + local contrast)

    The rest as ``Cortex`` and ``TrueEncoder`` say.
    """

    config: SimulatedTruthConfig

    def draw_animal(self, neurons: int, generator: np.random.Generator) -> "SimulatedCortex":
        """Draw the neurons of one animal."""
        return SimulatedCortex(
            self.config, draw_population(self.config, neurons, self.frame_size, generator), self.frame_size
        )


class SimulatedCortex(Cortex):
    """The neurons of one animal of the usual kind."""

    memory = MEMORY

    def __init__(self, config: SimulatedTruthConfig, population: Population, frame_size: tuple[int, int]) -> None:
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
        # A little inside the root keeps its slope finite at 0.
        energy = torch.sqrt(drives.square().sum(dim=2) + 1e-8)
        chosen = torch.where(self.get_buffer("is_complex") > 0, energy, drives[:, :, 0])
        drive: Tensor = chosen * self.contrast(pixels)
        return drive

    def standardise(self, drive: Float[Tensor, "batch neuron time"]) -> Float[Tensor, "batch neuron time"]:
        """Set drives to unit standard deviation; the threshold of an energy, never negative, counts from its mean."""
        spread = drive.std(dim=(0, 2)).clamp_min(1e-6)
        self.get_buffer("kernels").div_(spread.repeat_interleave(2)[:, None, None])
        centre = (drive.mean(dim=(0, 2)) / spread)[:, None] * self.get_buffer("is_complex")
        self.get_buffer("thresholds").add_(centre)
        return drive / spread[:, None]
