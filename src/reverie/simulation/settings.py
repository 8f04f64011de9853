"""What all families of simulated truth have in common: visual angles, rates, gains by state, and the indicator."""

from dataclasses import dataclass

from reverie.foundation.arrays import DEGREES_PER_PIXEL


@dataclass(frozen=True)
class TruthConfig:
    """Settings of simulated animals, whatever their neurons look for; each animal draws its own from seed and name.

    seed: same seed, same neurons. degrees_per_pixel: visual angle of a pixel. patch_degrees: standard deviation of
    the receptive fields' positions around the middle of the screen, vertical and horizontal, degrees.
    threshold: range over neurons of the drive below which they are silent, in standard deviations of the drive.
    exponent, saturation: power of the drive above threshold, and the drive at which the response is half its greatest.
    floor: share of the mean rate that never goes away.
    mean_response, mean_spread: median and standard deviation of the log of the neurons' mean rates. running_gain,
    pupil_gain: log gain at full run and at wide pupils, mean over neurons. calcium_frames: frames in which the
    indicator's smear decays to 1/e, 0 for none. scan_hertz: scans a second that come to each neuron in its turn, 0 for
    one that sees all neurons at every frame. neuropil: share of a neuron's trace that comes from those around it.
    gain_spread: standard deviation over neurons of the gains by state, in units of their means. silent: part of the
    neurons whose mean rate is a twentieth of what it would be. unresponsive: part of them that no movie moves.
    gaze_degrees: range over animals of the root mean square of their eyes' excursions, degrees; (0, 0) for eyes that
    never move what the neurons see. gaze_share: part of the animals whose eyes do.
    """

    seed: int = 0
    degrees_per_pixel: float = DEGREES_PER_PIXEL
    patch_degrees: tuple[float, float] = (20.0, 27.0)
    threshold: tuple[float, float] = (-0.5, 0.6)
    exponent: float = 2.0
    saturation: float = 1.5
    floor: float = 0.03
    mean_response: float = 2.2
    mean_spread: float = 0.82
    running_gain: float = 0.25
    pupil_gain: float = 0.15
    gain_spread: float = 0.6
    silent: float = 0.0
    unresponsive: float = 0.0
    calcium_frames: float = 1.5
    scan_hertz: float = 0.0
    neuropil: float = 0.0
    gaze_degrees: tuple[float, float] = (0.0, 0.0)
    gaze_share: float = 1.0
