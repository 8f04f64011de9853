"""Eyes that move: what the neurons look at moves with the pupil, each animal's in its own way.

The recorded pupil centre is all that a recording holds. How many degrees of gaze a unit of it stands for depends on
the camera's place and angle, and no recording says: encoders have to learn it for each animal, as the shifter of
Walker et al. 2019 does (Nature Neuroscience 22, 2060) and the baselines of Sensorium 2022 and 2023 do.
"""

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from reverie.encoders.displacing import displaced
from reverie.foundation.arrays import GREY
from reverie.simulation.behaviour import Temperament
from reverie.simulation.settings import TruthConfig


class Gaze(nn.Module):
    """Moves a movie against the eye: ``displacement = pixels_per_unit @ (pupil centre - its mean)``.

    Beyond the edges of the screen everything is grey. Between pixels see ``displaced``.
    """

    def __init__(self, pixels_per_unit: Float[np.ndarray, "2 2"], resting: tuple[float, float]) -> None:
        super().__init__()
        self.register_buffer("pixels_per_unit", torch.from_numpy(pixels_per_unit.astype(np.float32)))
        self.register_buffer("resting", torch.tensor(resting, dtype=torch.float32))

    def forward(
        self, movie: Float[Tensor, "batch time height width"], state: Float[Tensor, "batch 4 time"]
    ) -> Float[Tensor, "batch time height width"]:
        """Return the movie as the receptive fields meet it."""
        return GREY + displaced(movie - GREY, self.displacement(state).to(movie.dtype))

    def displacement(self, state: Float[Tensor, "batch 4 time"]) -> Float[Tensor, "batch 2 time"]:
        """Return by how many pixels the receptive fields are displaced, down and to the right."""
        away = state[:, 2:] - self.get_buffer("resting")[:, None]
        moved: Tensor = self.get_buffer("pixels_per_unit") @ away
        return moved


def draw_gaze(config: TruthConfig, temperament: Temperament, generator: np.random.Generator) -> Gaze | None:
    """Draw an animal's gaze, or None where its eyes do not matter.

    The camera sees the eye from the side: horizontal movements, which are the larger ones in mice (three quarters of
    the variance here; Sakatani & Isa 2007, Neuroscience Research 58, 324), may be mirrored, and the two axes are
    turned by up to 25 degrees and sheared, so that neither coordinate of the pupil stands for one of gaze alone.
    """
    moves = generator.uniform() < config.gaze_share
    rms = generator.uniform(*config.gaze_degrees) / config.degrees_per_pixel
    if not moves or rms == 0:
        return None
    angle = np.deg2rad(generator.uniform(-25.0, 25.0))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    shear = np.array([[1.0, generator.normal(0.0, 0.15)], [0.0, 1.0]])
    # Rows of the result are down and right; columns are the pupil's x and y, in their own standard deviations.
    axes = np.array([[0.0, 0.5], [generator.choice([-1.0, 1.0]) * np.sqrt(0.75), 0.0]])
    mixing = axes @ shear @ turn
    mixing = rms * mixing / np.linalg.norm(mixing)
    return Gaze(mixing / np.array(temperament.gaze_spread), temperament.gaze)
