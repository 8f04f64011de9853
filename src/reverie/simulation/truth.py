"""The simulated visual cortex: a population whose truth is known, and which is itself an encoder (the perfect one)."""

from collections.abc import Mapping
from functools import lru_cache

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from reverie.encoders.contract import Encoder
from reverie.foundation.arrays import FRAME_SIZE, GREY
from reverie.foundation.errors import ReverieError
from reverie.simulation.contrast import LocalContrast
from reverie.simulation.population import (
    MEMORY,
    Population,
    SimulatedTruthConfig,
    animal_generator,
    draw_population,
)
from reverie.stimuli.naturalistic import SceneSettings, naturalistic_movie

CALIBRATION_FRAMES = 1200
"""Length of the synthetic movie on which each neuron's drive and mean rate are set."""

RUNNING_SCALE = 5.0
"""Running speed at which the gain of running nears its full value."""

PUPIL_MEAN, PUPIL_SCALE = 50.0, 26.0
"""Pupil dilation at which it changes nothing, and the deviation at which its gain nears its full value."""


class SimulatedTruth(Encoder):
    """Rates of simulated animals: Gabor energy or blobs in space, kernels in time, threshold and power, gain by state.

        drive = kernels * (filters · contrast of the movie) / (c0 + local contrast)
        power = max(drive - threshold, 0)^exponent
        rate  = calcium * ( floor + gain(state) · scale · power / (power + saturation^exponent) )

    One module holds all animals, each drawn from the seed and its name; building it again from the same settings gives
    the same neurons. It depends on the last ``history`` frames and on nothing after; before a clip it takes the screen
    as grey and the animal's state as that of the first frame. Raises ReverieError without animals or neurons.
    """

    def __init__(
        self, config: SimulatedTruthConfig, mice: Mapping[str, int], frame_size: tuple[int, int] = FRAME_SIZE
    ) -> None:
        super().__init__(mice, frame_size)
        if not mice or min(mice.values()) < 1 or min(frame_size) < 4:
            raise ReverieError(f"A simulation needs animals with neurons and a frame of 4 x 4 or more (got {mice}).")
        self.config = config
        calcium = calcium_kernel(config.calcium_frames)
        self.register_buffer("calcium", calcium)
        self.lead = len(calcium) - 1
        self.history = MEMORY - 1 + self.lead
        self.animals = nn.ModuleList()
        footage = _calibration_footage(frame_size)
        for mouse, neurons in mice.items():
            population = draw_population(config, neurons, frame_size, animal_generator(config.seed, mouse))
            animal = SimulatedCortex(config, population, frame_size)
            animal.calibrate(footage)
            self.animals.append(animal)

    def forward(
        self,
        movie: Float[Tensor, "batch time height width"],
        state: Float[Tensor, "batch 4 time"] | Float[Tensor, "batch 4 time height width"],
        mouse: str,
    ) -> Float[Tensor, "batch neuron time"]:
        """Return the true rates of one animal, in units of responses a frame."""
        return smear(self.event_rates(movie, state, mouse), self.get_buffer("calcium"))

    def event_rates(
        self,
        movie: Float[Tensor, "batch time height width"],
        state: Float[Tensor, "batch 4 time"],
        mouse: str,
    ) -> Float[Tensor, "batch neuron lead_and_time"]:
        """Return the rates of the events that the calcium indicator smears; they start ``lead`` frames early."""
        animal = self.animal(mouse)
        before = functional.pad(movie, (0, 0, 0, 0, self.history, 0), value=GREY)
        state_before = torch.cat([state[..., :1].expand(-1, -1, self.lead), state], dim=-1)
        rates: Tensor = animal(before, state_before)
        return rates

    def animal(self, mouse: str) -> "SimulatedCortex":
        """Return the neurons of one animal; raises ReverieError when there is none of that name."""
        self.require_mouse(mouse)
        cortex = self.animals[list(self.mice).index(mouse)]
        assert isinstance(cortex, SimulatedCortex)
        return cortex


class SimulatedCortex(nn.Module):
    """The neurons of one simulated animal: movie and state in, event rates out."""

    def __init__(self, config: SimulatedTruthConfig, population: Population, frame_size: tuple[int, int]) -> None:
        super().__init__()
        self.exponent = config.exponent
        self.saturation = config.saturation
        self.floor = config.floor
        self.contrast = LocalContrast(config, population.rows, population.columns, frame_size)
        neurons = len(population.rows)
        arrays = {
            "filters": population.filters.reshape(2 * neurons, -1).T,
            "kernels": population.kernels.reshape(2 * neurons, 2, MEMORY),
            "is_complex": population.complex_cells[:, None],
            "thresholds": population.thresholds[:, None],
            "running_gains": population.running_gains[:, None],
            "pupil_gains": population.pupil_gains[:, None],
            "means": population.means[:, None],
            "centres": np.stack([population.rows, population.columns], axis=1),
            "scales": np.ones((neurons, 1)),
            "floors": np.zeros((neurons, 1)),
        }
        for name, array in arrays.items():
            self.register_buffer(name, torch.from_numpy(np.ascontiguousarray(array, dtype=np.float32)))

    def forward(
        self, movie: Float[Tensor, "batch before_and_time height width"], state: Float[Tensor, "batch 4 time"]
    ) -> Float[Tensor, "batch neuron time"]:
        """Return event rates; the movie starts MEMORY - 1 frames before the state."""
        return self.get_buffer("floors") + self.gain(state) * self.respond(movie) * self.get_buffer("scales")

    def respond(self, movie: Float[Tensor, "batch before_and_time height width"]) -> Float[Tensor, "batch neuron time"]:
        """Return what the movie alone makes of the neurons, before scale, floor and gain."""
        power = torch.relu(self.drive(movie) - self.get_buffer("thresholds")) ** self.exponent
        response: Tensor = power / (power + self.saturation**self.exponent)
        return response

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

    def gain(self, state: Float[Tensor, "batch 4 time"]) -> Float[Tensor, "batch neuron time"]:
        """Return how much running and the pupil multiply the responses; 1 at rest with an ordinary pupil."""
        pupil = torch.tanh((state[:, None, 0] - PUPIL_MEAN) / PUPIL_SCALE)
        running = torch.tanh(torch.relu(state[:, None, 1]) / RUNNING_SCALE)
        return torch.exp(self.get_buffer("running_gains") * running + self.get_buffer("pupil_gains") * pupil)

    @torch.no_grad()
    def calibrate(self, footage: Float[Tensor, "batch time height width"]) -> None:
        """Set drives to unit standard deviation and rates to the means aimed at, as found on the footage."""
        drive = self.drive(footage)
        spread = drive.std(dim=(0, 2)).clamp_min(1e-6)
        self.get_buffer("kernels").div_(spread.repeat_interleave(2)[:, None, None])
        # An energy is never negative; its threshold counts from its mean.
        centre = (drive.mean(dim=(0, 2)) / spread)[:, None] * self.get_buffer("is_complex")
        self.get_buffer("thresholds").add_(centre)
        means = self.get_buffer("means")
        typical = self.respond(footage).mean(dim=(0, 2))[:, None].clamp_min(1e-3)
        self.get_buffer("scales").copy_((1.0 - self.floor) * means / typical)
        self.get_buffer("floors").copy_(self.floor * means)


def calcium_kernel(decay_frames: float) -> Float[Tensor, " lag"]:
    """Return the causal smear of the indicator, oldest frame first, of unit sum; a single 1 when there is none."""
    if decay_frames <= 0:
        return torch.ones(1)
    ago = torch.arange(int(np.ceil(2.5 * decay_frames)), -1, -1)
    kernel = torch.exp(-ago / decay_frames)
    return kernel / kernel.sum()


def smear(
    events: Float[Tensor, "batch neuron before_and_time"], kernel: Float[Tensor, " lag"]
) -> Float[Tensor, "batch neuron time"]:
    """Smear events in time by a causal kernel; the result is shorter by the kernel's length less one."""
    frames = events.shape[-1] - len(kernel) + 1
    return torch.stack([weight * events[..., lag : lag + frames] for lag, weight in enumerate(kernel)]).sum(dim=0)


@lru_cache(maxsize=2)
def _calibration_footage(frame_size: tuple[int, int]) -> Float[Tensor, "1 time height width"]:
    """Draw many short synthetic scenes, the same for all simulations."""
    scenes = SceneSettings(shot_seconds=(0.6, 0.8))
    generator = np.random.default_rng(CALIBRATION_FRAMES)
    movie = naturalistic_movie(CALIBRATION_FRAMES, generator, frame_size=frame_size, settings=scenes)
    return torch.from_numpy(movie)[None]
