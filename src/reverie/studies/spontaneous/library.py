"""A search for replays: its settings, the trials to search, and the clips to search for, in samples of a few frames."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from math import inf

import numpy as np
import torch
from jaxtyping import Float

from reverie.encoders.prediction import predict
from reverie.fitted.fitted import Fitted
from reverie.foundation.arrays import GREY, Movie
from reverie.foundation.errors import BadInput, NotApplicable, counted, some
from reverie.foundation.progress import say, tracked
from reverie.foundation.requests import ABOVE_0, AT_LEAST_0, AT_LEAST_1, Range, convert_fields, require_possible
from reverie.inversion.likelihood import EventLikelihood, Likelihood
from reverie.recordings.contents import first_of_each_movie
from reverie.recordings.opening import choose_trials, responses_of
from reverie.recordings.recording import Recording
from reverie.recordings.trial import fill_missing
from reverie.simulation.darkness import warped
from reverie.studies.spontaneous.surrogates import Activity
from reverie.studies.spontaneous.templates import Template, template_of

SAMPLE = 3
"""Frames summed into one sample: at 30 Hz a tenth of a second, shorter than the smear of an event."""

STATE_TRIALS = 12
"""Number of training trials whose mean state is the ordinary state in which clips are taken to be replayed."""

SPEEDS = Range(0.01, 100.0)
"""The slowest and the fastest speed allowed: beyond them, clips last for hours, or for no frame."""


@dataclass(frozen=True)
class SearchSettings:
    """Settings of a search for replays."""

    seconds: float = 2.0
    """Length of a stretch."""
    speeds: tuple[float, ...] = (1.0, 2.0, 0.5, -1.0)
    """Speeds of the clips; negative ones are backwards."""
    contrasts: tuple[float, ...] = (1.0,)
    """Contrasts of the clips around grey, such as 1 0.5."""
    surrogates: int = 20
    """Surrogates of all the activity, of each kind; the tail of their matches shows how rare a match is."""
    factors: int = 3
    """Number of shared fluctuations that surrogates keep."""
    alarms: float = 0.01
    """False alarms per hour, over the whole search, below which a match is claimed."""

    def __post_init__(self) -> None:
        convert_fields(self)
        require_possible(
            self, seconds=ABOVE_0, contrasts=Range(-inf), surrogates=AT_LEAST_1, factors=AT_LEAST_0, alarms=ABOVE_0
        )
        if not (self.speeds and self.contrasts and all(abs(speed) in SPEEDS for speed in self.speeds)):
            raise BadInput(f"A search needs a contrast, and speeds of {SPEEDS} (negative: backwards).")


def long_enough_trials(recording: Recording, names: Sequence[str], seconds: float) -> list[str]:
    """Return those of the named trials or tiers that have responses and last this long; a message names the others.

    Raises NotApplicable when there is none, and ReverieError when a name is unknown.
    """
    chosen, shortest = choose_trials(recording, names), frames_in(recording, seconds)
    fit = [name for name in chosen if recording.has_responses(name) and recording.frames(name) >= shortest]
    unfit = [name for name in chosen if name not in fit]
    trials = counted(len(unfit), "trial")
    why = f"{recording.name}: {trials} without responses or shorter than {seconds:g} s: {some(unfit)}."
    if not fit:
        raise NotApplicable(f"{why} Choose others with --trials, or give fewer --seconds.")
    if unfit:
        say(why)
    return fit


def frames_in(recording: Recording, seconds: float) -> int:
    """Return the number of frames in a stretch of this many seconds, at least 1."""
    return max(1, round(seconds * recording.frame_rate))


def clips_of(recording: Recording, names: Sequence[str]) -> dict[str, Movie]:
    """Return the movies of the named trials or tiers, each movie once, by the first trial that shows it.

    Raises NotApplicable when none of them shows a movie.
    """
    shown = first_of_each_movie(recording, filter(recording.has_movie, choose_trials(recording, names)))
    if not shown:
        raise NotApplicable(f"None of the trials {', '.join(names)} of {recording.name} shows a movie to look for.")
    return {name: np.array(recording.movie(name), dtype=np.float32) for name in shown}


def templates_of(
    fitted: Fitted,
    likelihood: Likelihood,
    clips: dict[str, Movie],
    resting: Float[np.ndarray, " neuron"],
    settings: SearchSettings,
) -> list[Template]:
    """Return the templates of all half-overlapping stretches of every clip, at every speed and contrast.

    Raises NotApplicable when no clip is long enough.
    """
    subject = fitted.subject
    trials = subject.trials(subject.training, STATE_TRIALS)
    ordinary = np.mean([fill_missing(trial.state).mean(axis=1) for trial in trials], axis=0).astype(np.float32)
    samples = max(1, round(settings.seconds * subject.recording.frame_rate / SAMPLE))
    parts, expected = [], []
    ways = list(product(clips, settings.speeds, settings.contrasts))
    for clip, speed, contrast in tracked(ways, len(ways), "templates of clips"):
        movie = GREY + contrast * (clips[clip] - GREY)
        frames = int(len(movie) / abs(speed))
        if frames < max(SAMPLE, subject.encoder.window or 0):
            continue
        first = 0 if speed > 0 else len(movie) - 1
        shown = warped(movie, first, frames, speed)
        state = np.repeat(ordinary[:, None], frames, axis=1)
        rates = torch.from_numpy(predict(subject.encoder, shown, state, subject.animal))
        whole = sum_in_samples(_expected(likelihood, rates))
        expected.append(whole.mean(axis=1))
        for begin in range(0, whole.shape[1] - samples + 1, max(1, samples // 2)):
            moment = (first + speed * begin * SAMPLE) / subject.recording.frame_rate
            parts.append((clip, moment, speed, contrast, whole[:, begin : begin + samples]))
    if not parts:
        raise NotApplicable(f"No clip lasts {settings.seconds:g} s at any of the speeds; give fewer --seconds.")
    typical, dispersion = np.mean(expected, axis=0), float(likelihood.dispersion.median())
    return [
        template_of(whole, typical, resting, dispersion, clip=clip, first=moment, speed=speed, contrast=contrast)
        for clip, moment, speed, contrast, whole in parts
    ]


def activity_of(fitted: Fitted, likelihood: Likelihood, names: Sequence[str]) -> list[Activity]:
    """Return the sufficient statistic of the responses to each trial, summed within samples (neuron, sample)."""
    recording = fitted.subject.recording
    return [
        sum_in_samples(likelihood.statistic(torch.tensor(responses_of(recording.name, recording.trial(name)))).numpy())
        for name in names
    ]


def sum_in_samples(values: Float[np.ndarray, "neuron frame"]) -> Float[np.ndarray, "neuron sample"]:
    """Return the sums over each ``SAMPLE`` frames; an incomplete sample at the end is left out.

    >>> sum_in_samples(np.ones((1, 7))).tolist()
    [[3.0, 3.0]]
    """
    whole = values[:, : values.shape[1] // SAMPLE * SAMPLE]
    return np.asarray(whole.reshape(len(values), -1, SAMPLE).sum(axis=2), dtype=np.float32)


def _expected(likelihood: Likelihood, rates: torch.Tensor) -> Float[np.ndarray, "neuron frame"]:
    """Return the expected sufficient statistic: the probability of an event where events count, else the rate."""
    if isinstance(likelihood, EventLikelihood):
        rates = -torch.expm1(-rates * likelihood.frequency[:, None])
    return np.asarray(rates.numpy())
