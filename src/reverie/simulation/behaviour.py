"""Plausible behaviour: bouts of running on a wheel, a slowly changing pupil, small movements of the eye."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.signal import lfilter

from reverie.foundation.arrays import FRAME_RATE, State


@dataclass(frozen=True)
class Temperament:
    """How one animal behaves, in the units of the Sensorium 2023 recordings.

    running_share: part of the time it runs. running_speed: typical speed in a bout. dilation, dilation_spread: mean
    and standard deviation of the pupil dilation at rest. gaze, gaze_spread: mean and standard deviation of the pupil's
    x and y.
    """

    running_share: float
    running_speed: float
    dilation: float
    dilation_spread: float
    gaze: tuple[float, float]
    gaze_spread: tuple[float, float]


def draw_temperament(generator: np.random.Generator) -> Temperament:
    """Draw an animal's temperament within the range of the real ten (running mean 0.3-5.6, pupil centre 120-155)."""
    return Temperament(
        running_share=float(generator.uniform(0.05, 0.35)),
        running_speed=float(generator.uniform(8.0, 15.0)),
        dilation=float(generator.uniform(46.0, 51.0)),
        dilation_spread=float(generator.uniform(11.0, 13.5)),
        gaze=(float(generator.uniform(120.0, 155.0)), float(generator.uniform(120.0, 155.0))),
        gaze_spread=(float(generator.uniform(4.9, 6.9)), float(generator.uniform(4.9, 6.9))),
    )


def draw_state(
    frames: int,
    temperament: Temperament,
    generator: np.random.Generator,
    *,
    saccades: float = 0.0,
    frame_rate: float = FRAME_RATE,
) -> State:
    """Draw the state during one trial: (4, frames), pupil dilation, running speed, pupil x and y.

    saccades: how many a second; with none the eye wanders about instead.
    """
    running = _running(frames, temperament, generator, frame_rate)
    arousal = running / temperament.running_speed
    dilation = temperament.dilation + temperament.dilation_spread * wander(frames, 3.0 * frame_rate, generator)
    dilation = np.maximum(dilation + 8.0 * arousal, 5.0)
    excursions = _excursions(frames, saccades / frame_rate, generator, frame_rate)
    gaze = [
        middle + spread * excursion
        for middle, spread, excursion in zip(temperament.gaze, temperament.gaze_spread, excursions, strict=True)
    ]
    return np.stack([dilation, running, *gaze]).astype(np.float32)


def _running(
    frames: int, temperament: Temperament, generator: np.random.Generator, frame_rate: float
) -> Float[np.ndarray, " time"]:
    """Draw bouts that last 4 s on average, with speeds that rise and fall within half a second."""
    warm_up = round(3 * frame_rate)
    total = warm_up + frames
    # An interval between changes is exponential, as of a process that switches at a constant chance a frame.
    bout = 4.0 * frame_rate
    rest = bout * (1.0 - temperament.running_share) / temperament.running_share
    pairs = 8 + total // int(bout)
    starts_running = generator.uniform() < temperament.running_share
    lengths = generator.exponential([bout, rest] if starts_running else [rest, bout], (pairs, 2)).ravel()
    runs = np.searchsorted(np.cumsum(lengths), np.arange(total), side="right")
    moving = (runs % 2 == 0) == starts_running
    speeds = temperament.running_speed * np.exp(generator.normal(0.0, 0.3, 2 * pairs + 1))
    decay = np.exp(-1.0 / (0.5 * frame_rate))
    smooth = lfilter([1.0 - decay], [1.0, -decay], moving * speeds[runs])[warm_up:]
    # The wheel's encoder reads nothing below a crawl.
    return np.where(smooth > 0.05, smooth, 0.0)


def _excursions(
    frames: int, saccades: float, generator: np.random.Generator, frame_rate: float
) -> Float[np.ndarray, "2 {frames}"]:
    """Draw where the eye is, in its own standard deviations: it wanders, or it drifts between saccades.

    Saccades, so many a frame, take the eye half-way to somewhere else; between them it drifts slowly, which makes up a
    fifth of the variance.
    """
    if saccades == 0:
        return np.stack([wander(frames, 1.5 * frame_rate, generator) for _ in range(2)])
    times = np.concatenate([[0.0], np.cumsum(generator.exponential(1.0 / saccades, 8 + int(4 * saccades * frames)))])
    targets = [generator.standard_normal(2)]
    for _ in times[1:]:
        targets.append(0.5 * targets[-1] + np.sqrt(0.75) * generator.standard_normal(2))
    fixations = np.array(targets).T[:, np.searchsorted(times, np.arange(frames), side="right") - 1]
    drift = np.stack([wander(frames, 4.0 * frame_rate, generator) for _ in range(2)])
    return np.asarray(np.sqrt(0.8) * fixations + np.sqrt(0.2) * drift)


def wander(steps: int, memory: float, generator: np.random.Generator) -> Float[np.ndarray, " {steps}"]:
    """Draw a random walk held back to mean 0 and standard deviation 1, which forgets within ``memory`` steps."""
    decay = np.exp(-1.0 / memory)
    kicks = np.sqrt(1.0 - decay**2) * generator.standard_normal(steps)
    kicks[0] = generator.standard_normal()
    return np.asarray(lfilter([1.0], [1.0, -decay], kicks))
