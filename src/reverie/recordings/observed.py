"""Comparing when sorted units were observed with when movies were shown."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import Float

from reverie.recordings.resampling import covered
from reverie.recordings.signals import Signal, SpikeTrains

OFTEN = 0.5
"""Share of trials that a unit may lack, of units that a trial may lack, and of trials that may lack any."""

LOOKED_AT = 11
"""Moments of each trial, evenly chosen, at which units are looked for."""


def as_far_as_usable(signal: Signal, trials: Sequence[Float[np.ndarray, " _"]], rate: float) -> tuple[Signal, str]:
    """Return a signal, whose units count as silent where leaving trials out would leave few, and a sentence on this.

    Where each unit was lost at times of its own, as those of drifting probes are, hardly a trial has them all. Units
    that were lost in most trials stay missing, so that they are left out, as do trials that lack most units. The
    sentence is empty where nothing is done.

    Parameters
    ----------
    trials
        The onsets of the frames of each, in seconds.
    rate
        Frames per second.
    """
    if not isinstance(signal, SpikeTrains) or signal.observed is None:
        return signal, ""
    points = np.array([np.linspace(onsets[0], onsets[-1], LOOKED_AT) for onsets in trials])
    seen = np.stack([covered(points.ravel(), own, 1 / rate) for own in signal.observed])
    lacks: np.ndarray = ~np.asarray(seen.reshape(len(seen), *points.shape).all(axis=2))
    gone, rare = lacks.mean(axis=0) > OFTEN, lacks.mean(axis=1) > OFTEN
    filled = lacks[~rare].any(axis=0) & ~gone
    if filled.sum() <= OFTEN * np.sum(~gone):
        return signal, ""
    pairs = zip(signal.observed, rare, strict=True)
    observed = [own if lost else np.concatenate([own, points[filled][:, [0, -1]]]) for own, lost in pairs]
    return replace(signal, observed=observed), (
        f"In {filled.sum()} of {len(trials)} trials, some of the units of {signal.place} were not observed (each in "
        "others): they count as silent there, since else these trials could not be used."
    )
