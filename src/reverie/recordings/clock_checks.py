"""Checking that two clocks are the same: stimuli and responses must be at the same times, in seconds."""

import numpy as np
from jaxtyping import Float

from reverie.foundation.errors import ReverieError
from reverie.recordings.clocks import Times, usual_rate

LONG_BEYOND = 4.0
"""Where responses last this many times as long as everything shown, and their rate was given, the rate may be wrong."""

FAR_BEYOND = 800.0
"""Where a signal lasts this many times as long as until the end of all that was shown, its times are not seconds but
mostly milliseconds (1000 times) or samples, whatever its rate seems to be."""

LONGEST_STEP = 2.0
"""Longest step between samples, seconds; longer steps resolve no movie, and are mostly times given in milliseconds."""


def why_unusable(place: str, times: Times, shown: Float[np.ndarray, "showing 2"]) -> str | None:
    """Return why a signal cannot be used: it was sampled too slowly, or not while anything was shown; None if it can.

    Parameters
    ----------
    place, times
        Where the signal lies, for the sentence, and when its samples were taken, in seconds.
    shown
        From when until when each movie was shown, in seconds.
    """
    rate = usual_rate(times)
    if 0 < rate < 1 / LONGEST_STEP:
        return f"{place} is not used, since its samples are {1 / rate:.4g} s apart; give its times in seconds."
    if len(times) and times[-1] - times[0] > FAR_BEYOND * (shown.max() - times[0]) > 0:
        return (
            f"{place} is not used, since it lasts from {times[0]:.6g} to {times[-1]:.6g} s, but all that was shown was "
            f"over after {shown.max():.6g} s; give its times in seconds."
        )
    if len(times) and not ((shown[:, 1] > times[0]) & (shown[:, 0] < times[-1])).any():
        return (
            f"{place} is not used, since it was recorded from {times[0]:.6g} to {times[-1]:.6g} s, but what was shown "
            f"came from {shown.min():.6g} to {shown.max():.6g} s; give both in seconds on one clock."
        )
    return None


def counted_samples(place: str, times: Times) -> str | None:
    """Return a warning when the times of responses are those of numbered samples, else None.

    >>> counted_samples("They", np.arange(9.0)) is None, counted_samples("They", np.arange(9.0) + 0.5)
    (False, None)
    """
    if len(times) < 2 or (np.diff(times) != 1).any() or times[0] % 1:
        return None
    return (
        f"{place} have the times {times[0]:g}, {times[0] + 1:g} and so on, as numbers of frames: are they in seconds?"
    )


def clocks_apart(
    place: str, spans: Float[np.ndarray, "signal 2"], shown: Float[np.ndarray, "showing 2"], *, rate_given: bool
) -> tuple[str, ...]:
    """Return a warning when most movies were shown while nothing was recorded, or were hardly recorded; else None.

    Parameters
    ----------
    place
        The recording, for messages.
    spans, shown
        From when until when each signal was recorded and each movie was shown, in seconds.
    rate_given
        Whether the rate of the responses was given by the user.

    Raises
    ------
    ReverieError
        When nothing at all was shown while responses were recorded, or they last several hundred times as long.
    """
    if not np.isfinite(spans).any():
        return ()
    begin, end = float(np.nanmin(spans)), float(np.nanmax(spans))
    during = (shown[:, 1] > begin) & (shown[:, 0] < end)
    finding = (
        f"{place} holds responses from {begin:.6g} to {end:.6g} s, but what was shown came from {shown.min():.6g} to "
        f"{shown.max():.6g} s"
    )
    if not during.any() or end - begin > FAR_BEYOND * (shown.max() - begin):
        raise ReverieError(f"{finding}; give both in seconds on one clock, and the rate of the responses as it was.")
    too_long = rate_given and end - begin > LONG_BEYOND * (shown.max() - begin)
    if too_long or during.mean() < 0.5:
        return (f"{finding}: is the rate right, and are both in seconds on one clock?",)
    return ()
