"""What all simulated truths share: eyes, neurons, gains, indicator. Each is itself an encoder, without error."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from functools import lru_cache

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from reverie.encoders.contract import Encoder, readout_index
from reverie.encoders.registry import weights_will_be_loaded
from reverie.foundation.arrays import FRAME_SIZE, GREY
from reverie.foundation.errors import ReverieError
from reverie.simulation.behaviour import BehaviourStatistics, Gaze, draw_behaviour, draw_gaze
from reverie.simulation.cells import (
    BEHAVIOUR,
    CELL_POSITIONS,
    GAZE,
    SCAN,
    Cells,
    TruthConfig,
    animal_generator,
    draw_cell_positions,
)
from reverie.simulation.imaging import Indicator, Neuropil
from reverie.stimuli.naturalistic import SceneSettings, naturalistic_movie

CALIBRATION_FRAMES = 900
"""Frames of the synthetic movie on which each neuron's drive and mean rate are calibrated."""

RUNNING_SCALE = 5.0
"""Running speed at which the gain of running nears its full value."""

PUPIL_MEAN, PUPIL_SCALE = 50.0, 26.0
"""Pupil dilation at which its gain is 1, and the deviation from it at which the gain nears its full value."""


class Cortex(nn.Module, ABC):
    """The neurons of one simulated animal: movie and state in, event rates out.

        power = max(drive - threshold, 0)^exponent
        rate  = floor + gain(state) · scale · power / (power + saturation^exponent)

    Subclasses define the drive.
    """

    memory: int
    """Frames that a response depends on, the present one included."""

    def __init__(self, config: TruthConfig, cells: Cells) -> None:
        super().__init__()
        self.exponent = config.exponent
        self.saturation = config.saturation
        neurons = len(cells.rows)
        self.keep(
            thresholds=cells.thresholds[:, None],
            running_gains=cells.running_gains[:, None],
            pupil_gains=cells.pupil_gains[:, None],
            means=cells.means[:, None],
            centres=np.stack([cells.rows, cells.columns], axis=1),
            scales=np.ones((neurons, 1)),
            floors=(cells.floors * cells.means)[:, None],
        )

    def keep(self, **arrays: np.ndarray) -> None:
        """Register arrays as buffers in single precision."""
        for name, array in arrays.items():
            self.register_buffer(name, torch.from_numpy(np.ascontiguousarray(array, dtype=np.float32)))

    def forward(
        self, movie: Float[Tensor, "batch before_and_time height width"], state: Float[Tensor, "batch 4 time"]
    ) -> Float[Tensor, "batch neuron time"]:
        """Return event rates; the movie starts ``memory - 1`` frames before the state."""
        return self.get_buffer("floors") + self.gain(state) * self.respond(movie) * self.get_buffer("scales")

    def respond(self, movie: Float[Tensor, "batch before_and_time height width"]) -> Float[Tensor, "batch neuron time"]:
        """Return responses to the movie alone, before scale, floor and gain."""
        return self.nonlinearity(self.drive(movie))

    def nonlinearity(self, drive: Float[Tensor, "batch neuron time"]) -> Float[Tensor, "batch neuron time"]:
        """Return responses to drives, between 0 and 1."""
        power = torch.relu(drive - self.get_buffer("thresholds")) ** self.exponent
        response: Tensor = power / (power + self.saturation**self.exponent)
        return response

    @abstractmethod
    def drive(self, movie: Float[Tensor, "batch before_and_time height width"]) -> Float[Tensor, "batch neuron time"]:
        """Return the drive of each neuron, in its own standard deviations once calibrated."""

    @abstractmethod
    def standardise(self, drive: Float[Tensor, "batch neuron time"]) -> Float[Tensor, "batch neuron time"]:
        """Calibrate so that these drives get unit standard deviation; return them as they are then."""

    def gain(self, state: Float[Tensor, "batch 4 time"]) -> Float[Tensor, "batch neuron time"]:
        """Return the factor by which running and pupil multiply responses; 1 at rest with an ordinary pupil."""
        pupil = torch.tanh((state[:, None, 0] - PUPIL_MEAN) / PUPIL_SCALE)
        running = torch.tanh(torch.relu(state[:, None, 1]) / RUNNING_SCALE)
        return torch.exp(self.get_buffer("running_gains") * running + self.get_buffer("pupil_gains") * pupil)

    @torch.no_grad()
    def calibrate(self, movie: Float[Tensor, "batch time height width"]) -> None:
        """Set drives to unit standard deviation and rates to their intended means, both measured on a movie."""
        means = self.get_buffer("means")
        typical = self.nonlinearity(self.standardise(self.drive(movie))).mean(dim=(0, 2))[:, None].clamp_min(1e-3)
        self.get_buffer("scales").copy_((means - self.get_buffer("floors")) / typical)


class TrueEncoder(Encoder, ABC):
    """True rates of simulated animals: ``rate = indicator * (neuropil + cortex(movie displaced by gaze, state))``.

    One module holds all animals, each drawn from the seed and its name; the same settings always give the same neurons.
    A rate depends on the present and the last ``history`` frames. Before a clip, the screen is taken as grey and the
    animal's state as that of the first frame. Raises ReverieError without animals or neurons.
    """

    def __init__(self, config: TruthConfig, mice: Mapping[str, int], frame_size: tuple[int, int] = FRAME_SIZE) -> None:
        super().__init__(mice, frame_size)
        if not mice or min(mice.values()) < 1 or min(frame_size) < 4:
            raise ReverieError(f"A simulation needs animals with neurons and a frame of 4 x 4 or more (got {mice}).")
        self.config = config
        self.animals, self.indicators = nn.ModuleList(), nn.ModuleList()
        self.eyes, self.tissues = nn.ModuleDict(), nn.ModuleDict()
        calibration = None if weights_will_be_loaded() else calibration_movie(frame_size)
        self.prepare(calibration)
        for row, (mouse, neurons) in enumerate(mice.items()):
            animal = self.draw_animal(neurons, self.generator(mouse))
            if calibration is not None:
                animal.calibrate(calibration)
            self.animals.append(animal)
            self.indicators.append(Indicator(config, self.generator(mouse, SCAN).uniform(size=neurons)))
            if (eye := draw_gaze(config, self.behaviour(mouse), self.generator(mouse, GAZE))) is not None:
                self.eyes[str(row)] = eye
            if config.neuropil > 0:
                self.tissues[str(row)] = Neuropil(config.neuropil, self.cell_positions(mouse))
        self.lead = self.indicator(mouse).lead
        self.history = animal.memory - 1 + self.lead

    def prepare(self, calibration: Float[Tensor, "1 time height width"] | None) -> None:
        """Draw what all animals share, if anything, and calibrate it where a movie for that is given."""

    @abstractmethod
    def draw_animal(self, neurons: int, generator: np.random.Generator) -> Cortex:
        """Draw the neurons of one animal."""

    def forward(
        self,
        movie: Float[Tensor, "batch time height width"],
        state: Float[Tensor, "batch 4 time"] | Float[Tensor, "batch 4 time height width"],
        mouse: str,
    ) -> Float[Tensor, "batch neuron time"]:
        """Return the true rates of one animal, (batch, neuron, time), responses per frame."""
        rates = self.cell_rates(movie, state, mouse)
        neuropil = self.neuropil(mouse)
        if neuropil is not None:
            rates = rates + neuropil(rates / (1.0 - neuropil.share), self.animal(mouse).get_buffer("means"))
        expected: Tensor = self.indicator(mouse)(rates)
        return expected

    def cell_rates(
        self, movie: Float[Tensor, "batch time height width"], state: Float[Tensor, "batch 4 time"], mouse: str
    ) -> Float[Tensor, "batch neuron lead_and_time"]:
        """Return the rates of the neurons' own events in their traces; they begin ``lead`` frames before responses."""
        animal, eye, neuropil = self.animal(mouse), self.eye(mouse), self.neuropil(mouse)
        seen = movie if eye is None else eye(movie, state)
        before = functional.pad(seen, (0, 0, 0, 0, self.history, 0), value=GREY)
        state_before = torch.cat([state[..., :1].expand(-1, -1, self.lead), state], dim=-1)
        rates: Tensor = animal(before, state_before)
        return rates if neuropil is None else (1.0 - neuropil.share) * rates

    def animal(self, mouse: str) -> Cortex:
        """Return the neurons of one animal; raises ReverieError when no animal has that name."""
        cortex = self.animals[readout_index(self, mouse)]
        assert isinstance(cortex, Cortex)
        return cortex

    def eye(self, mouse: str) -> Gaze | None:
        """Return how an animal's gaze displaces what its neurons see, or None where it does not."""
        eye = dict(self.eyes.items()).get(str(readout_index(self, mouse)))
        assert eye is None or isinstance(eye, Gaze)
        return eye

    def neuropil(self, mouse: str) -> Neuropil | None:
        """Return the neuropil that leaks into the traces of one animal, or None where nothing does."""
        neuropil = dict(self.tissues.items()).get(str(readout_index(self, mouse)))
        assert neuropil is None or isinstance(neuropil, Neuropil)
        return neuropil

    def indicator(self, mouse: str) -> Indicator:
        """Return the indicator of one animal: how its events become responses."""
        indicator = self.indicators[readout_index(self, mouse)]
        assert isinstance(indicator, Indicator)
        return indicator

    def generator(self, mouse: str, *purpose: int) -> np.random.Generator:
        """Return one animal's random generator for one purpose."""
        return animal_generator(self.config.seed, mouse, *purpose)

    def behaviour(self, mouse: str) -> BehaviourStatistics:
        """Return how one animal behaves."""
        return draw_behaviour(self.generator(mouse, BEHAVIOUR))

    def cell_positions(self, mouse: str) -> Float[np.ndarray, "neuron 3"]:
        """Return the positions of one animal's cell bodies, micrometres."""
        centres = self.animal(mouse).get_buffer("centres").cpu().numpy()
        return draw_cell_positions(centres, self.config.degrees_per_pixel, self.generator(mouse, CELL_POSITIONS))


@lru_cache(maxsize=4)
def calibration_movie(frame_size: tuple[int, int]) -> Float[Tensor, "1 time height width"]:
    """Draw many short synthetic scenes, the same for all simulations."""
    # No finer leaves: they take the longest to paint and drive no neuron.
    scenes = SceneSettings(shot_seconds=(0.6, 0.8), leaf_pixels=(4.0, 32.0))
    generator = np.random.default_rng(CALIBRATION_FRAMES)
    movie = naturalistic_movie(CALIBRATION_FRAMES, generator, frame_size=frame_size, settings=scenes)
    return torch.from_numpy(movie)[None]
