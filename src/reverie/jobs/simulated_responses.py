"""Simulated responses around the encoders' rates: trials that an animal might have given, what chance alone draws."""

from collections.abc import Iterator
from functools import lru_cache

import numpy as np

from reverie.encoders.prediction import predict_mean
from reverie.fitted.session import Session
from reverie.jobs.clip import Clip
from reverie.recordings.opening import responses_of
from reverie.scoring.trial_noise import TrialNoise, fit_trial_noise

NOISE_TRIALS = 10
"""Training trials on which the noise is measured, evenly chosen."""


@lru_cache(maxsize=16)
def measure_trial_noise(session: Session, animal: str) -> TrialNoise:
    """Measure how an animal's training trials scatter around the mean rates of the encoders.

    Raises ReverieError when there are no training trials with responses.
    """
    trials, encoders = session.recordings[animal].trials("train"), tuple(session.encoders.values())
    chosen = trials[:: max(1, len(trials) // NOISE_TRIALS)]
    return fit_trial_noise(
        [
            (predict_mean(encoders, one.known_movie, one.known_state, animal), responses_of(animal, one))
            for one in chosen
        ]
    )


def simulated_clips(session: Session, clip: Clip, count: int) -> Iterator[Clip]:
    """Yield the clip with responses drawn around the mean rates of the encoders instead of the recorded ones.

    The seed of the session and the number of a draw decide what is drawn.
    """
    trial, noise = clip.read(session), measure_trial_noise(session, clip.animal)
    rates = predict_mean(tuple(session.encoders.values()), trial.known_movie, trial.known_state, clip.animal)
    for number in range(count):
        drawn = noise.draw(rates, np.random.default_rng([session.sources.seed, number]))
        yield Clip(clip.animal, f"{clip.name}, simulated {number}", trial.known_movie, trial.known_state, drawn)
