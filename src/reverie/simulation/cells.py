"""What all simulated neurons have: settings, positions in visual field and cortex, a mean rate, and gains by state."""

import zlib
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.special import ndtr, ndtri

from reverie.foundation.arrays import DEGREES_PER_PIXEL

BEHAVIOUR = 1
CELL_POSITIONS = 2
TRIALS = 3
GAZE = 4
SESSION = 5
SCAN = 6
"""What an animal's random numbers are drawn for; each purpose has a stream of its own."""


@dataclass(frozen=True)
class TruthConfig:
    """Settings that all simulated animals share; each animal's neurons are drawn from the seed and its name."""

    seed: int = 0
    """Same seed, same neurons."""
    degrees_per_pixel: float = DEGREES_PER_PIXEL
    """Visual angle of a pixel, degrees."""
    patch_degrees: tuple[float, float] = (20.0, 27.0)
    """Standard deviation of the receptive fields' positions around the middle of the screen, vertical and
    horizontal, degrees."""
    threshold: tuple[float, float] = (-0.5, 0.6)
    """Range over neurons of the threshold, the drive below which they are silent, in standard deviations of the
    drive."""
    exponent: float = 2.0
    """Power of the drive above threshold."""
    saturation: float = 1.5
    """Drive above threshold at which the response is half its maximum."""
    floor: float = 0.03
    """Share of the mean rate that remains whatever the drive."""
    mean_response: float = 2.2
    """Median of the neurons' mean rates."""
    mean_spread: float = 0.82
    """Standard deviation of the log of the neurons' mean rates."""
    running_gain: float = 0.25
    """Log gain at full run, mean over neurons."""
    pupil_gain: float = 0.15
    """Log gain at wide pupils, mean over neurons."""
    gain_spread: float = 0.6
    """Standard deviation over neurons of the gains by state, in units of their means."""
    silent: float = 0.0
    """Share of the neurons whose mean rate is reduced to a twentieth."""
    unresponsive: float = 0.0
    """Share of the neurons that respond to no movie."""
    calcium_frames: float = 1.5
    """Decay time (to 1/e) of the calcium indicator, frames; 0 for none."""
    scan_hertz: float = 0.0
    """Scans per second, each of which reaches one neuron after another; 0 to image all neurons in every frame."""
    neuropil: float = 0.0
    """Share of a neuron's trace that comes from the neurons around it."""
    gaze_degrees: tuple[float, float] = (0.0, 0.0)
    """Range over animals of the root mean square of eye movements, degrees; (0, 0) for eyes that never displace what
    the neurons see."""
    gaze_share: float = 1.0
    """Share of the animals whose eye movements displace what the neurons see."""


@dataclass(frozen=True)
class Cells:
    """Neurons of one animal, one entry per neuron."""

    rows: Float[np.ndarray, " neuron"]
    """Row of the centre of each receptive field, pixels."""
    columns: Float[np.ndarray, " neuron"]
    """Column of the same centre, pixels."""
    thresholds: Float[np.ndarray, " neuron"]
    """Thresholds in standard deviations of the drive."""
    means: Float[np.ndarray, " neuron"]
    """Mean rates to calibrate to."""
    floors: Float[np.ndarray, " neuron"]
    """Share of the mean rate that remains whatever the drive."""
    running_gains: Float[np.ndarray, " neuron"]
    """Log gain with running."""
    pupil_gains: Float[np.ndarray, " neuron"]
    """Log gain with the pupil."""


def animal_generator(seed: int, mouse: str, *purpose: int) -> np.random.Generator:
    """Return an animal's own random generator for a purpose, independent of those of other animals and purposes."""
    return np.random.default_rng([seed, zlib.crc32(mouse.encode()), *purpose])


def draw_centres(
    config: TruthConfig, neurons: int, frame_size: tuple[int, int], generator: np.random.Generator
) -> tuple[Float[np.ndarray, " neuron"], Float[np.ndarray, " neuron"]]:
    """Scatter receptive fields around the middle of the frame, fewer towards its edges: rows and columns, pixels."""
    middle = (np.array(frame_size)[:, None] - 1) / 2
    spread = np.array(config.patch_degrees)[:, None] / config.degrees_per_pixel
    # An experiment centres the screen on the receptive fields only to within a few degrees.
    offset = generator.normal(0.0, 3.0, (2, 1)) / config.degrees_per_pixel
    middle = middle + offset
    edges = np.array(frame_size)[:, None] - 0.5
    below, above = ndtr((-0.5 - middle) / spread), ndtr((edges - middle) / spread)
    # A normal distribution truncated at the frame's edges: neurons that see nothing of the movie are not recorded.
    centres = middle + spread * ndtri(generator.uniform(below, above, (2, neurons)))
    return centres[0], centres[1]


def draw_cells(
    config: TruthConfig,
    rows: Float[np.ndarray, " neuron"],
    columns: Float[np.ndarray, " neuron"],
    generator: np.random.Generator,
) -> Cells:
    """Draw thresholds, mean rates and gains of neurons with these receptive field centres."""
    neurons = len(rows)
    thresholds = generator.uniform(*config.threshold, neurons)
    means = config.mean_response * np.exp(config.mean_spread * generator.standard_normal(neurons))
    running = config.running_gain * (1.0 + config.gain_spread * generator.standard_normal(neurons))
    pupil = config.pupil_gain * (1.0 + config.gain_spread * generator.standard_normal(neurons))
    silent, unresponsive = generator.uniform(size=(2, neurons))
    return Cells(
        rows=rows,
        columns=columns,
        thresholds=thresholds,
        means=np.where(silent < config.silent, 0.05 * means, means),
        floors=np.where(unresponsive < config.unresponsive, 1.0, config.floor),
        running_gains=running,
        pupil_gains=pupil,
    )


def draw_cell_positions(
    centres: Float[np.ndarray, "neuron 2"], degrees_per_pixel: float, generator: np.random.Generator
) -> Float[np.ndarray, "neuron 3"]:
    """Draw the positions of cell bodies, micrometres: a retinotopic map (12 µm per degree) with scatter, and depth."""
    surface = 12.0 * centres[:, ::-1] * degrees_per_pixel
    surface = surface + generator.normal(0.0, 40.0, surface.shape)
    depth = generator.uniform(150.0, 400.0, (len(centres), 1))
    return np.concatenate([surface, depth], axis=1).astype(np.float32)
