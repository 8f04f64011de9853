"""Templates: the activity that replays of clips would evoke, and the log likelihood ratio of activity given them.

Given the number of events in a sample, the neurons they come from are multinomial: neuron i has probability p_i when a
clip is replayed and q_i when nothing is. The log likelihood ratio Σ n_i · log(p_i / q_i) therefore does not depend on
how active the population is; fluctuations that multiply all rates alike cancel.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from math import inf

import numpy as np
import torch
from jaxtyping import Float
from scipy.ndimage import uniform_filter1d

from reverie.encoders.prediction import predict
from reverie.fitted.fitted import Fitted
from reverie.foundation.arrays import GREY, Movie
from reverie.foundation.errors import BadInput, NotApplicable, counted, some
from reverie.foundation.progress import say, tracked
from reverie.foundation.requests import ABOVE_0, AT_LEAST_0, AT_LEAST_1, Range, convert_fields, require_possible
from reverie.inversion.likelihood import EventLikelihood, Likelihood
from reverie.recordings.contents import different_movies
from reverie.recordings.opening import choose_trials, responses_of
from reverie.recordings.recording import Recording
from reverie.recordings.trial import fill_missing
from reverie.simulation.darkness import warped
from reverie.studies.spontaneous.surrogates import Activity

ASSUMED_STRENGTH = 0.5
"""Assumed strength of a replay, as a share of the change of rates that the clip itself causes; it limits the weight of
a single neuron."""

LEAST_VARIANCE = 0.05
"""Least variance of a stretch, as a share of the mean variance, so that silence is not divided by 0."""

AROUND = 301
"""Samples (half a minute at 30 Hz) over which a neuron's share of all events is averaged, as expected without a
replay."""

MOST_OF_ONE = 1.0
"""Largest absolute log ratio of one event: a rare event of one neuron is no evidence by itself."""

AT_ONCE = 50_000
"""Samples that are compared with a template at a time, which bounds the memory."""

SAMPLE = 3
"""Frames summed into one sample: at 30 Hz a tenth of a second, shorter than the smear of an event."""

STATE_TRIALS = 12
"""Number of training trials whose mean state is the ordinary state in which clips are taken to be replayed."""


@dataclass(frozen=True, eq=False)
class Template:
    """A stretch of a clip as neurons would replay it."""

    clip: str
    first: float
    """Second of the clip at which the stretch begins."""
    speed: float
    """Of the replay; negative for backwards."""
    contrast: float
    """How much the replay changes rates, relative to the clip."""
    ratio: Float[np.ndarray, "neuron sample"]
    """(neuron, sample), log(p / q)."""
    variance: Float[np.ndarray, " sample"]
    """(sample,), of one event's log ratio where nothing is replayed."""


def template_of(
    expected: Float[np.ndarray, "neuron sample"],
    typical: Float[np.ndarray, " neuron"],
    resting: Float[np.ndarray, " neuron"],
    dispersion: float = 1.0,
    **named: str | float,
) -> Template:
    """Return the template of a stretch.

    Parameters
    ----------
    expected
        Events per neuron and sample that the encoder expects during the stretch.
    typical
        Their mean over all clips.
    resting
        Mean events of the recorded activity.
    dispersion
        Variance of sums of events over time relative to that of independent events, above 1 since an event lasts;
        evidence is divided by it.
    named
        Clip, first, speed, contrast.
    """
    change = expected / (typical[:, None] + 1e-9)
    replayed = resting[:, None] * (1 - ASSUMED_STRENGTH + ASSUMED_STRENGTH * change) + 1e-12
    at_rest = (resting + 1e-12) / (resting + 1e-12).sum()
    ratio = np.log(replayed / replayed.sum(axis=0) / at_rest[:, None]).astype(np.float32)
    ratio = ratio.clip(-MOST_OF_ONE, MOST_OF_ONE)
    variance = at_rest @ np.square(ratio) - np.square(at_rest @ ratio)
    return Template(ratio=ratio / np.float32(dispersion), variance=variance / dispersion, **named)  # type: ignore[arg-type]


def log_ratio(activity: Float[np.ndarray, "neuron time"], template: Template) -> Float[np.ndarray, " start"]:
    """Return the log likelihood ratio of the stretch that begins at each sample; incomplete stretches are left out."""
    length, time = template.ratio.shape[1], activity.shape[1]
    found = np.empty(max(time - length + 1, 0), dtype=np.float32)
    for begin in range(0, len(found), AT_ONCE):
        products = np.ascontiguousarray(activity[:, begin : begin + AT_ONCE + length - 1].T) @ template.ratio
        found[begin : begin + AT_ONCE] = _diagonals(products)
    return found


def significance(
    activity: Float[np.ndarray, "neuron time"], departures: Float[np.ndarray, "neuron time"], template: Template
) -> Float[np.ndarray, " start"]:
    """Return by how many standard deviations the log likelihood ratio of each stretch exceeds its expectation.

    The expectation is that without a replay, given the number of events and each neuron's activity around that time, so
    that neither active moments nor slow drifts count.

    Parameters
    ----------
    departures
        See ``departures_of``.
    """
    variance = np.correlate(activity.sum(axis=0, dtype=np.float64), template.variance, "valid")
    least = LEAST_VARIANCE * variance.mean() if len(variance) else 0.0
    return np.asarray(log_ratio(departures, template) / np.sqrt(np.maximum(variance, least + 1e-9)), dtype=np.float32)


def departures_of(activity: Float[np.ndarray, "neuron time"]) -> Float[np.ndarray, "neuron time"]:
    """Return each neuron's events minus the expected ones: all events of the sample times its share of those around."""
    events = activity.sum(axis=0)
    around = uniform_filter1d(activity, AROUND, axis=1, mode="reflect")
    return np.asarray(activity - around * (events / (around.sum(axis=0) + 1e-9)), dtype=np.float32)


def _diagonals(products: Float[np.ndarray, "time sample"]) -> Float[np.ndarray, " start"]:
    """Return the sums along all complete diagonals."""
    time, length = products.shape
    down, right = products.strides
    diagonals = np.lib.stride_tricks.as_strided(products, (time - length + 1, length), (down, down + right))
    return np.asarray(diagonals.sum(axis=1))


SPEEDS = Range(0.01, 100.0)
"""The slowest and the fastest speed allowed: beyond them, clips last for hours, or for no frame."""


@dataclass(frozen=True)
class Search:
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
    chosen, shortest = choose_trials(recording, names), spanned(recording, seconds)
    fit = [name for name in chosen if recording.has_responses(name) and recording.frames(name) >= shortest]
    unfit = [name for name in chosen if name not in fit]
    trials = counted(len(unfit), "trial")
    why = f"{recording.name}: {trials} without responses or shorter than {seconds:g} s: {some(unfit)}."
    if not fit:
        raise NotApplicable(f"{why} Choose others with --trials, or look for less with --seconds.")
    if unfit:
        say(why)
    return fit


def spanned(recording: Recording, seconds: float) -> int:
    """Return the number of frames in a stretch of this many seconds, at least 1."""
    return max(1, round(seconds * recording.frame_rate))


def clips_of(recording: Recording, names: Sequence[str]) -> dict[str, Movie]:
    """Return the movies of the named trials or tiers, each movie once, by the first trial that shows it.

    Raises NotApplicable when none of them shows a movie.
    """
    shown = different_movies(recording, filter(recording.has_movie, choose_trials(recording, names)))
    if not shown:
        raise NotApplicable(f"None of the trials {', '.join(names)} of {recording.name} shows a movie to look for.")
    return {name: np.array(recording.movie(name), dtype=np.float32) for name in shown}


def templates_of(
    fitted: Fitted,
    likelihood: Likelihood,
    clips: dict[str, Movie],
    resting: Float[np.ndarray, " neuron"],
    asked: Search,
) -> list[Template]:
    """Return the templates of all half-overlapping stretches of every clip, at every speed and contrast.

    Raises NotApplicable when no clip is long enough.
    """
    subject = fitted.subject
    trials = subject.trials(subject.training, STATE_TRIALS)
    ordinary = np.mean([fill_missing(trial.state).mean(axis=1) for trial in trials], axis=0).astype(np.float32)
    samples = max(1, round(asked.seconds * subject.recording.frame_rate / SAMPLE))
    parts, expected = [], []
    ways = list(product(clips, asked.speeds, asked.contrasts))
    for clip, speed, contrast in tracked(ways, len(ways), "clips as neurons go through them"):
        movie = GREY + contrast * (clips[clip] - GREY)
        frames = int(len(movie) / abs(speed))
        if frames < max(SAMPLE, subject.encoder.window or 0):
            continue
        first = 0 if speed > 0 else len(movie) - 1
        shown = warped(movie, first, frames, speed)
        state = np.repeat(ordinary[:, None], frames, axis=1)
        rates = torch.from_numpy(predict(subject.encoder, shown, state, subject.animal))
        whole = in_samples(_expected(likelihood, rates))
        expected.append(whole.mean(axis=1))
        for begin in range(0, whole.shape[1] - samples + 1, max(1, samples // 2)):
            moment = (first + speed * begin * SAMPLE) / subject.recording.frame_rate
            parts.append((clip, moment, speed, contrast, whole[:, begin : begin + samples]))
    if not parts:
        raise NotApplicable(f"No clip lasts the {asked.seconds:g} s that are looked for at any speed; look for less.")
    typical, dispersion = np.mean(expected, axis=0), float(likelihood.dispersion.median())
    return [
        template_of(whole, typical, resting, dispersion, clip=clip, first=moment, speed=speed, contrast=contrast)
        for clip, moment, speed, contrast, whole in parts
    ]


def activity_of(fitted: Fitted, likelihood: Likelihood, names: Sequence[str]) -> list[Activity]:
    """Return the sufficient statistic of the responses to each trial, summed within samples (neuron, sample)."""
    recording = fitted.subject.recording
    return [
        in_samples(likelihood.statistic(torch.tensor(responses_of(recording.name, recording.trial(name)))).numpy())
        for name in names
    ]


def in_samples(values: Float[np.ndarray, "neuron frame"]) -> Float[np.ndarray, "neuron sample"]:
    """Return the sums over each ``SAMPLE`` frames; an incomplete sample at the end is left out.

    >>> in_samples(np.ones((1, 7))).tolist()
    [[3.0, 3.0]]
    """
    whole = values[:, : values.shape[1] // SAMPLE * SAMPLE]
    return np.asarray(whole.reshape(len(values), -1, SAMPLE).sum(axis=2), dtype=np.float32)


def _expected(likelihood: Likelihood, rates: torch.Tensor) -> Float[np.ndarray, "neuron frame"]:
    """Return the expected sufficient statistic: the probability of an event where events count, else the rate."""
    if isinstance(likelihood, EventLikelihood):
        rates = -torch.expm1(-rates * likelihood.frequency[:, None])
    return np.asarray(rates.numpy())
