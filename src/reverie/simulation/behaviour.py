"""Plausible behaviour (bouts of running, a slowly changing pupil, moving eyes), and how it displaces what neurons see.

Receptive fields move with the eye, and a recording holds only the centre of the pupil in the camera's picture. How many
degrees of gaze a unit of it corresponds to depends on the camera's position and angle, which no recording states.
Encoders have to learn it for each animal, as do the shifter of Walker et al. 2019 (Nature Neuroscience 22, 2060) and
the baselines of Sensorium 2022 and 2023.
"""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from reverie.encoders.layers import displaced
from reverie.foundation.arrays import FRAME_RATE, GREY, State
from reverie.simulation.cells import TruthConfig


@dataclass(frozen=True)
class BehaviourStatistics:
    """How one animal behaves, in the units of the Sensorium 2023 recordings."""

    running_share: float
    """Share of the time in which it runs."""
    running_speed: float
    """Typical speed in a bout."""
    dilation: float
    """Mean pupil dilation at rest."""
    dilation_spread: float
    """Standard deviation of the pupil dilation."""
    gaze: tuple[float, float]
    """Mean x and y of the pupil's centre."""
    gaze_spread: tuple[float, float]
    """Standard deviations of the pupil's x and y."""


def draw_behaviour(generator: np.random.Generator) -> BehaviourStatistics:
    """Draw an animal's behaviour within the range of the real ten mice (running mean 0.3-5.6, pupil centre 120-155)."""
    return BehaviourStatistics(
        running_share=float(generator.uniform(0.05, 0.35)),
        running_speed=float(generator.uniform(8.0, 15.0)),
        dilation=float(generator.uniform(46.0, 51.0)),
        dilation_spread=float(generator.uniform(11.0, 13.5)),
        gaze=(float(generator.uniform(120.0, 155.0)), float(generator.uniform(120.0, 155.0))),
        gaze_spread=(float(generator.uniform(4.9, 6.9)), float(generator.uniform(4.9, 6.9))),
    )


def draw_state(
    frames: int, behaviour: BehaviourStatistics, generator: np.random.Generator, *, saccades: float = 0.0
) -> State:
    """Draw the state during one trial: (4, frames), pupil dilation, running speed, pupil x and y.

    Parameters
    ----------
    saccades
        How many per second; with none, the eye wanders instead.
    """
    running = _running(frames, behaviour, generator)
    arousal = running / behaviour.running_speed
    dilation = behaviour.dilation + behaviour.dilation_spread * wander(frames, 3.0 * FRAME_RATE, generator)
    dilation = np.maximum(dilation + 8.0 * arousal, 5.0)
    excursions = _excursions(frames, saccades / FRAME_RATE, generator)
    gaze = [
        middle + spread * excursion
        for middle, spread, excursion in zip(behaviour.gaze, behaviour.gaze_spread, excursions, strict=True)
    ]
    return np.stack([dilation, running, *gaze]).astype(np.float32)


def _running(frames: int, behaviour: BehaviourStatistics, generator: np.random.Generator) -> Float[np.ndarray, " time"]:
    """Draw bouts that last 4 s on average, with speeds that rise and fall within half a second."""
    warm_up = round(3 * FRAME_RATE)
    total = warm_up + frames
    # Intervals between changes are exponential: the chance to switch is the same in every frame.
    bout = 4.0 * FRAME_RATE
    rest = bout * (1.0 - behaviour.running_share) / behaviour.running_share
    pairs = 8 + total // int(bout)
    starts_running = generator.uniform() < behaviour.running_share
    lengths = generator.exponential([bout, rest] if starts_running else [rest, bout], (pairs, 2)).ravel()
    runs = np.searchsorted(np.cumsum(lengths), np.arange(total), side="right")
    moving = (runs % 2 == 0) == starts_running
    speeds = behaviour.running_speed * np.exp(generator.normal(0.0, 0.3, 2 * pairs + 1))
    decay = np.exp(-1.0 / (0.5 * FRAME_RATE))
    smooth = _leaky(moving * speeds[runs], 1.0 - decay, decay)[warm_up:]
    # A rotary encoder on a wheel reads 0 at very low speeds.
    return np.where(smooth > 0.05, smooth, 0.0)


def _excursions(frames: int, saccades: float, generator: np.random.Generator) -> Float[np.ndarray, "2 {frames}"]:
    """Draw the position of the eye, in its own standard deviations: it wanders, or it drifts between saccades.

    Each saccade takes the eye half-way to a new position; slow drift between them makes up a fifth of the variance.

    Parameters
    ----------
    saccades
        How many per frame; with none, the eye wanders.
    """
    if saccades == 0:
        return np.stack([wander(frames, 1.5 * FRAME_RATE, generator) for _ in range(2)])
    times = np.concatenate([[0.0], np.cumsum(generator.exponential(1.0 / saccades, 8 + int(4 * saccades * frames)))])
    targets = [generator.standard_normal(2)]
    for _ in times[1:]:
        targets.append(0.5 * targets[-1] + np.sqrt(0.75) * generator.standard_normal(2))
    fixations = np.array(targets).T[:, np.searchsorted(times, np.arange(frames), side="right") - 1]
    drift = np.stack([wander(frames, 4.0 * FRAME_RATE, generator) for _ in range(2)])
    return np.asarray(np.sqrt(0.8) * fixations + np.sqrt(0.2) * drift)


def wander(steps: int, memory: float, generator: np.random.Generator) -> Float[np.ndarray, " {steps}"]:
    """Draw a random walk with mean 0 and standard deviation 1 that forgets its past within ``memory`` steps."""
    decay = np.exp(-1.0 / memory)
    kicks = np.sqrt(1.0 - decay**2) * generator.standard_normal(steps)
    kicks[0] = generator.standard_normal()
    return _leaky(kicks, 1.0, decay)


def _leaky(values: Float[np.ndarray, " time"], gain: float, decay: float) -> Float[np.ndarray, " time"]:
    """Integrate values times ``gain``; the share ``decay`` of the sum is left after each step."""
    from scipy.signal import lfilter  # half a second, which only simulations need to spend

    return np.asarray(lfilter([gain], [1.0, -decay], values))


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
        """Return the movie as the displaced receptive fields see it, (batch, time, height, width)."""
        return GREY + displaced(movie - GREY, self.displacement(state).to(movie.dtype))

    def displacement(self, state: Float[Tensor, "batch 4 time"]) -> Float[Tensor, "batch 2 time"]:
        """Return by how many pixels the receptive fields are displaced, down and to the right, (batch, 2, time)."""
        away = state[:, 2:] - self.get_buffer("resting")[:, None]
        moved: Tensor = self.get_buffer("pixels_per_unit") @ away
        return moved


def draw_gaze(config: TruthConfig, behaviour: BehaviourStatistics, generator: np.random.Generator) -> Gaze | None:
    """Draw an animal's gaze, or return None where eye movements do not displace what neurons see.

    The camera sees the eye from the side, so horizontal movements may be mirrored. In mice these are the larger ones
    (three quarters of the variance here; Sakatani & Isa 2007, Neuroscience Research 58, 324). Both axes are rotated by
    up to 25 degrees and sheared, so that each coordinate of the pupil depends on both of gaze.
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
    return Gaze(mixing / np.array(behaviour.gaze_spread), behaviour.gaze)
