"""Clocks: arrays of times in seconds, the rates that follow from them, and the regular clock of a movie's frames."""

import numpy as np
from jaxtyping import Float, Int

from reverie.foundation.errors import ReverieError
from reverie.foundation.progress import say

JITTER = 0.15
"""Relative difference up to which steps between pictures count as alike; screens jitter by less."""

REGULAR_SHARE = 0.75
"""Share of steps that are alike from which on the median step is the usual one."""

GAP_STEPS = 1.75
"""Steps between pictures from this many times the median one on are gaps, or twice as long since one was skipped; a
film on a screen has none that are more than 1.5 times as long."""

STRAY_PULSES = 3
"""Up to this many surplus pulses (or samples) are taken to be strays at the end of a recording."""

Times = Float[np.ndarray, " sample"]


def frame_edges(onsets: Float[np.ndarray, " frame"], rate: float) -> Float[np.ndarray, " edge"]:
    """Return the times at which frames begin, and at which the last one ends.

    >>> frame_edges(np.array([0.0, 0.5]), 2.0).tolist()
    [0.0, 0.5, 1.0]
    """
    return np.append(onsets, onsets[-1] + 1.0 / rate)


def usual_rate(times: Times) -> float:
    """Return samples per second from the median step, which dropped samples do not change; 0 for a single sample."""
    if len(times) < 2:
        return 0.0
    steps = np.diff(times)
    middle = [(len(steps) - 1) // 2, len(steps) // 2]
    step = float(np.partition(steps, middle)[middle].mean())  # the median, without its overhead
    return 1.0 / step if step > 0 else 0.0


def shown_rate(onsets: Times) -> float:
    """Return pictures per second, also where a screen shows them for 2 and 3 of its own frames in turn; 0 for one.

    It follows from the mean of the steps close to the median one, since the median alone may be rounded (32-bit times
    are, hours after the start). A film of 24 pictures per second on a screen of 60 Hz has no step of 1/24 s: where few
    steps are close to the median one, it follows from the mean of all that are not gaps.

    >>> round(shown_rate(np.array([0.0, 3.0, 5.0, 8.0, 10.0, 40.0, 43.0, 45.0]) / 60), 3)
    24.0
    """
    rate = usual_rate(onsets)
    steps = np.diff(onsets) * rate
    alike = np.abs(steps - 1) < JITTER
    kept = steps[alike] if rate and alike.mean() >= REGULAR_SHARE else steps[steps < GAP_STEPS]
    return float(rate / kept.mean()) if rate and kept.mean() > 0 else rate


def usual_step(times: Times, place: str) -> float:
    """Return the seconds between samples; raises ReverieError, naming ``place``, when the times determine none."""
    rate = usual_rate(times)
    if not rate:
        raise ReverieError(
            f"The times of {place} do not determine a rate: there is only one, or most equal the one before; "
            "repair them."
        )
    return 1.0 / rate


def sampled_times(count: int, rate: float, start: float = 0.0) -> Times:
    """Return the times of regular samples, in seconds."""
    return np.asarray(start + np.arange(count) / rate)


def paired_times(times: Times, samples: int, place: str) -> Float[np.ndarray, " paired"]:
    """Return one time per sample, even if there are a few pulses too many, or a few samples are missing at the end.

    Prints a message where they differ by more than strays do. Raises ReverieError when they differ by more than a few
    in a thousand, or times run backwards.
    """
    if not np.isfinite(times).all() or (np.diff(times) < 0).any():
        raise ReverieError(f"The times of {place} are not all increasing numbers; repair them.")
    surplus = len(times) - samples
    if abs(surplus) > max(STRAY_PULSES, len(times) // 1000):
        raise ReverieError(
            f"{place} has {samples} samples but {len(times)} times; they are not of the same recording, or pulses were "
            "lost on the way."
        )
    if abs(surplus) > STRAY_PULSES:
        say(
            f"{place} has {samples} samples but {len(times)} times; they are paired from the first on, so that what "
            "follows a loss in between is shifted."
        )
    if surplus >= 0:
        return times[:samples]
    step = usual_step(times, place)
    return np.concatenate([times, times[-1] + step * np.arange(1, 1 - surplus)])


def regular_frames(
    onsets: Float[np.ndarray, " shown"], end: float, rate: float
) -> tuple[Float[np.ndarray, " frame"], Int[np.ndarray, " frame"]]:
    """Return a regular clock from the first onset to ``end``, and which picture was on the screen at each frame.

    A picture stays until the next one comes, so that a frame the screen dropped shows the one before it.
    """
    count = max(1, round((end - onsets[0]) * rate))
    clock = onsets[0] + np.arange(count) / rate
    # Screens jitter by a fraction of a frame; a picture that comes up to half a frame late still belongs to its frame.
    own_rate = max(usual_rate(onsets), rate)
    shown = np.searchsorted(onsets, clock + 0.5 / own_rate, side="right") - 1
    return np.asarray(clock), np.clip(shown, 0, len(onsets) - 1)
