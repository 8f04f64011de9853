"""Checks of behaviour: lost pupils that are not NaN, and running speeds that are positions or wrap around."""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Bool, Float
from scipy.ndimage import binary_dilation, median_filter

from reverie.foundation.arrays import GAZE_X, GAZE_Y, PUPIL
from reverie.recordings.gaps import measured

LEAST_FRAMES = 3
"""Fewest frames of a size, or jumps of a speed, that are taken for more than chance."""

SPIKE_RATIO = 10.0
"""A running speed of a single frame that is this many times as large as 95 % of all is no speed."""

JUMP_RATIO = 2.0
"""The jump where a wheel's counter wraps around is at least this many times the largest speed over several frames."""

LARGEST_JUMP_SPREAD = 0.5
"""Largest spread of such jumps relative to their median: a counter always jumps by the same amount."""

WRAP_SHARE = 0.8
"""Share of its range by which a position at least jumps where it wraps around."""

SMALL_SHARE = 0.25
"""Share of the median size below which pupils are rare; where sizes were scaled such that the smallest is 0, there are
more of these than of size 0."""

EYE = (PUPIL, GAZE_X, GAZE_Y)
"""Signals that are lost together, when an eye is shut."""


def lost_size(trials: Sequence[Float[np.ndarray, " _"]]) -> float | None:
    """Return the size, 0 or below, that stands for a lost pupil; None where there is none, or pupils shrink to it.

    Parameters
    ----------
    trials
        The size in each trial, (time,).

    Examples
    --------
    >>> lost_size([np.array([5.0, 0.0, 0.0, 0.0, 6.0, 5.5, 6.0])])
    0.0
    >>> lost_size([np.linspace(-2.0, 2.0, 9), np.linspace(0.0, 1.0, 9)])
    >>> lost_size([np.maximum(0.0, np.sin(np.arange(90.0) / 15))])
    """
    sizes = np.concatenate([*trials, np.zeros(0)])
    sizes = sizes[measured(sizes)]
    lost, seen = sizes[sizes <= 0], sizes[sizes > 0]
    if not LEAST_FRAMES <= len(lost) < len(seen) or len(np.unique(lost)) > 1:
        return None
    small = SMALL_SHARE * float(np.median(seen))
    if np.sum(seen < small) > len(lost) or not _jumps(trials, float(lost[0]), small):
        return None
    return float(lost[0])


def _jumps(trials: Sequence[Float[np.ndarray, " _"]], lost: float, small: float) -> bool:
    """Return whether the pupil jumps to this size: two frames before and after, it is mostly not small."""
    beside = [np.zeros(0)]
    for row in trials:
        away = [binary_dilation(row == lost, np.ones(frames, dtype=bool)) for frames in (3, 5)]
        beside.append(row[away[1] & ~away[0] & measured(row)])
    sizes = np.concatenate(beside)
    return not len(sizes) or bool(np.median(sizes) >= small)


def where_lost(sizes: Float[np.ndarray, " time"], lost: float) -> Bool[np.ndarray, " time"]:
    """Return the frames in which the pupil was lost, and those before and after, where its size is changing.

    >>> where_lost(np.array([5.0, 5.0, 2.5, 0.0, 5.0, 5.0]), 0.0).tolist()
    [False, False, True, True, True, False]
    """
    found: np.ndarray = binary_dilation(sizes == lost, np.ones(3, dtype=bool))
    return found


def without_lost_pupil(rows: Mapping[str, np.ndarray], lost: float | None) -> dict[str, np.ndarray]:
    """Return the signals of a trial with NaN where the pupil was lost, in its size and its position.

    Parameters
    ----------
    rows
        Each (time,), by the names of ``STATE_NAMES``.
    lost
        See ``lost_size``; None changes nothing.
    """
    if lost is None or PUPIL not in rows:
        return dict(rows)
    gone = where_lost(rows[PUPIL], lost)
    alike = {signal for signal in EYE if signal in rows and len(rows[signal]) == len(gone)}
    return {name: np.where(gone, np.float32(np.nan), row) if name in alike else row for name, row in rows.items()}


def lost_pupil_note(animal: str, trials: Sequence[Float[np.ndarray, " _"]], lost: float) -> str:
    """Return a sentence on the frames in which the pupil was lost.

    >>> lost_pupil_note("a", [np.array([5.0, 0.0, 6.0])], 0.0)[:48]
    'The pupil of a has the size 0 in 1 of 3 frames, '
    """
    sizes = np.concatenate([*trials])
    return (
        f"The pupil of {animal} has the size {lost:g} in {np.sum(sizes == lost)} of {len(sizes)} frames, as in blinks "
        "or where its tracking was lost: there, its size and position count as missing."
    )


def wrapped_running_note(animal: str, trials: Sequence[Float[np.ndarray, " _"]]) -> str | None:
    """Return a warning when a running speed looks like a position that wraps around, or like its derivative, else None.

    Parameters
    ----------
    trials
        The speed in each trial, (time,).

    Examples
    --------
    >>> position = np.arange(0.0, 900.0, 3.0) % 100
    >>> wrapped_running_note("a", [position])
    'The running speed of a looks like a position that wraps around; give a speed, such as in cm/s.'
    >>> wrapped_running_note("a", [np.diff(position)])
    'The running speed of a jumps by 100 in 8 single frames, as where the count of an encoder wraps around: correct it.'
    >>> wrapped_running_note("a", [20 + 5 * np.sin(position)])
    """
    sound = [row[measured(row)] for row in trials]
    speeds = np.concatenate([*sound, np.zeros(0)])
    # Over two frames: where wheels are sampled faster than frames, one frame is the average of before and after.
    steps = np.concatenate([*(row[2:] - row[:-2] for row in sound), np.zeros(0)])
    if len(steps) < LEAST_FRAMES:
        return None
    jumps = np.abs(steps) > WRAP_SHARE * np.ptp(speeds)
    rest = steps[~jumps]
    forward = abs(np.sign(rest[rest != 0]).mean()) if rest.any() else 0.0
    if jumps.sum() >= LEAST_FRAMES and forward > WRAP_SHARE and (np.sign(steps[jumps]) == -np.sign(rest.mean())).all():
        return f"The running speed of {animal} looks like a position that wraps around; give a speed, such as in cm/s."
    smooth = np.concatenate([median_filter(row, 5, mode="nearest") for row in sound if len(row)])
    beside, usual = np.abs(speeds - smooth), np.quantile(np.abs(speeds), 0.95)
    spikes = beside[beside > max(SPIKE_RATIO * usual, JUMP_RATIO * np.abs(smooth).max())]
    # Animals that hardly ever run are fast, and start suddenly, relative to their usual speed; but each time otherwise.
    if (
        len(spikes) < LEAST_FRAMES
        or usual == 0
        or np.ptp(np.quantile(spikes, (0.1, 0.9))) > LARGEST_JUMP_SPREAD * np.median(spikes)
    ):
        return None
    return (
        f"The running speed of {animal} jumps by {np.median(spikes):.3g} in {len(spikes)} single frames, as where the "
        "count of an encoder wraps around: correct it."
    )
