"""Trials that an animal might have given if its neurons fired at the encoders' rates: what chance alone draws."""

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

import numpy as np

from reverie.encoders.prediction import predict_mean
from reverie.fitted.materials import Materials
from reverie.jobs.job import Clip
from reverie.recordings.opening import responses_of
from reverie.scoring.trial_noise import TrialNoise, fit_trial_noise

NOISE_TRIALS = 10
"""Training trials on which the noise is measured, evenly chosen."""


@lru_cache(maxsize=16)
def measure_noise(materials: Materials, animal: str) -> TrialNoise:
    """Measure how an animal's training trials scatter around the mean rates of the encoders.

    Raises ReverieError when there are no training trials with responses.
    """
    trials, encoders = materials.recordings[animal].trials("train"), tuple(materials.encoders.values())
    chosen = trials[:: max(1, len(trials) // NOISE_TRIALS)]
    return fit_trial_noise(
        [(predict_mean(encoders, one.movie, one.state, animal), responses_of(animal, one)) for one in chosen]
    )


def excerpt(materials: Materials, clip: Clip, frames: int) -> Clip:
    """Return the first frames of a recorded clip as a clip of its own, responses included.

    Only a clip's beginning can be cut out: what came before it is the grey screen that encoders take for granted.
    """
    trial, first = clip.read(materials), slice(0, frames)
    responses = np.array(responses_of(clip.animal, trial)[:, first])
    return replace(clip, movie=np.array(trial.movie[first]), state=np.array(trial.state[:, first]), responses=responses)


def null_clips(materials: Materials, clip: Clip, count: int) -> Iterator[Clip]:
    """Yield the clip with responses drawn around the mean rates of the encoders instead of the recorded ones.

    The seed of the materials and the number of a draw decide what is drawn.
    """
    trial, noise = clip.read(materials), measure_noise(materials, clip.animal)
    rates = predict_mean(tuple(materials.encoders.values()), trial.movie, trial.state, clip.animal)
    for number in range(count):
        drawn = noise.draw(rates, np.random.default_rng([materials.sources.seed, number]))
        yield Clip(clip.animal, f"{clip.name}, null {number}", trial.movie, trial.state, drawn)
