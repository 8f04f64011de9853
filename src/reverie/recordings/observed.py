"""Units that were not observed during all trials, as those of a drifting probe."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import Float

from reverie.recordings.resampling import covered
from reverie.recordings.signals import Signal, SpikeTrains

OFTEN_LACKING = 0.5
"""Largest share of trials in which a unit, of units that in a trial, and of trials in which any unit may be lacking."""

MOMENTS = 11
"""Number of moments of each trial, evenly spaced, at which is checked whether units were observed."""


def unobserved_as_silent(signal: Signal, trials: Sequence[Float[np.ndarray, " _"]], rate: float) -> tuple[Signal, str]:
    """Return a signal in which units count as silent where they were not observed, if that saves most trials.

    Also return a sentence on this, empty where nothing was done.

    Where each unit was lost at times of its own, as those of drifting probes are, hardly a trial has them all. Units
    that were lost in most trials stay missing, so that they are left out, as do trials that lack most units.

    Parameters
    ----------
    trials
        The onsets of the frames of each, in seconds.
    rate
        Frames per second.
    """
    if not isinstance(signal, SpikeTrains) or signal.observed is None:
        return signal, ""
    points = np.array([np.linspace(onsets[0], onsets[-1], MOMENTS) for onsets in trials])
    seen = np.stack([covered(points.ravel(), own, 1 / rate) for own in signal.observed])
    lacks: np.ndarray = ~np.asarray(seen.reshape(len(seen), *points.shape).all(axis=2))
    gone, rare = lacks.mean(axis=0) > OFTEN_LACKING, lacks.mean(axis=1) > OFTEN_LACKING
    filled = lacks[~rare].any(axis=0) & ~gone
    if filled.sum() <= OFTEN_LACKING * np.sum(~gone):
        return signal, ""
    pairs = zip(signal.observed, rare, strict=True)
    observed = [own if lost else np.concatenate([own, points[filled][:, [0, -1]]]) for own, lost in pairs]
    return replace(signal, observed=observed), (
        f"In {filled.sum()} of {len(trials)} trials, some of the units of {signal.place} were not observed (each in "
        "others): they count as silent there, since else these trials could not be used."
    )
