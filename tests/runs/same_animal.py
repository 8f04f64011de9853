"""What a session holds on the clock of its frames, worked out from the session itself and not by the readers.

``WrittenSession`` says what was sampled when; here is what each frame of a movie gets of it, one frame after the other.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from tests.recordings.readers.layouts import WrittenSession

from reverie.foundation.arrays import STATE_NAMES
from reverie.recordings.readers.sensorium_layout import write_recording
from reverie.recordings.trial import Trial

RATE = 30.0
CLOSE = 1e-6
"""Seconds; times are sums of many steps."""

PUPIL, RUNNING, GAZE_X, GAZE_Y = range(4)

Sampled = tuple[np.ndarray, np.ndarray]
"""Times, and values (time, row)."""

OnFrames = Callable[[Sampled, np.ndarray], np.ndarray]
"""Brings samples to frames that begin at some times: (row, frame)."""


def straight(sampled: Sampled, onsets: np.ndarray) -> np.ndarray:
    """Levels that change slowly: on straight lines between samples."""
    times, values = sampled
    nearest = times[np.abs(times - onsets[:, None]).argmin(axis=1)]
    at = np.where(np.abs(nearest - onsets) < CLOSE, nearest, onsets)
    return np.stack([np.interp(at, times, row) for row in values.T])


def averaged(sampled: Sampled, onsets: np.ndarray) -> np.ndarray:
    """Levels that are sampled more often than frames come: their mean over each frame."""
    times, values = sampled
    inside = [(times >= onset - CLOSE) & (times < onset + 1 / RATE - CLOSE) for onset in onsets]
    return np.stack([values[chosen].mean(axis=0) for chosen in inside], axis=1)


def latest(sampled: Sampled, onsets: np.ndarray) -> np.ndarray:
    """What was brought to a clock before: the latest sample."""
    times, values = sampled
    return np.stack([values[times <= onset + CLOSE][-1] for onset in onsets], axis=1)


def spread(sampled: Sampled, onsets: np.ndarray) -> np.ndarray:
    """Amounts: each is spread evenly from its sample to the next, and each frame takes what falls into it."""
    times, values = sampled
    step = times[1] - times[0]
    frames = []
    for onset in onsets:
        shared = np.minimum(times + step, onset + 1 / RATE) - np.maximum(times, onset)
        frames.append(np.where(shared > CLOSE, shared, 0) / step @ values)
    return np.stack(frames, axis=1)


@dataclass(frozen=True)
class Truth:
    """How one animal looks in each frame.

    planes: samples of the neurons, plane by plane, and how they come to the frames. state: the same of each signal that
    there is, by its row. movie: what becomes of the movie as shown. whole: what becomes of the responses at last.
    silent: whether it knows of neurons that never answer. tiered: whether it says itself what its trials are for.
    """

    planes: Callable[[WrittenSession], list[Sampled]]
    to_frames: OnFrames
    state: Mapping[int, tuple[float, OnFrames]]
    movie: Callable[[np.ndarray], np.ndarray] = np.round
    whole: Callable[[np.ndarray], np.ndarray] = np.asarray
    silent: bool = True
    tiered: bool = True

    def trials(self, session: WrittenSession) -> list[Trial]:
        """Return every trial at 30 frames a second."""
        planes = self.planes(session)
        found = []
        for trial, onset in zip(session.trials, session.onsets, strict=True):
            movie = self.movie(trial.movie)
            onsets = onset + np.arange(len(movie)) / RATE
            state = np.full((len(STATE_NAMES), len(movie)), np.nan)
            for row, (rate, to_frames) in self.state.items():
                times, values = session.state(row, rate)
                state[row] = to_frames((times, values[:, None]), onsets)[0]
            responses = self.whole(np.concatenate([self.to_frames(plane, onsets) for plane in planes]))
            arrays = (values.astype(np.float32) for values in (movie, state, responses))
            found.append(Trial(trial.name, trial.tier, *arrays, start=float(onset)))
        known = self.silent | np.any([trial.responses.any(axis=1) for trial in found], axis=0)
        return [replace(trial, responses=trial.responses[known]) for trial in found]

    def write(self, folder: Path, session: WrittenSession, tiers: Mapping[str, str]) -> Path:
        """Write the animal as the Sensorium release lays it; ``tiers`` are taken where the recording has none."""
        trials = self.trials(session)
        if not self.tiered:
            trials = [replace(trial, tier=tiers[trial.name]) for trial in trials]
        write_recording(folder / "mouse", trials, padded_frames=None)
        return folder


def one_plane(rate: float = RATE) -> Callable[[WrittenSession], list[Sampled]]:
    """All neurons are sampled at once."""
    return lambda session: [session.responses(rate)]


def two_planes(rate: float) -> Callable[[WrittenSession], list[Sampled]]:
    """Every other neuron lies in a plane that is scanned half a scan later."""

    def planes(session: WrittenSession) -> list[Sampled]:
        sampled = (session.responses(rate, plane / 2 / rate) for plane in range(2))
        return [(times, values[:, plane::2]) for plane, (times, values) in enumerate(sampled)]

    return planes
