"""The input of a job: a trial of a recording, or a stimulus that was never shown."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from reverie.encoders.prediction import predict_mean
from reverie.fitted.session import Session
from reverie.foundation.arrays import Movie, Responses, State
from reverie.foundation.errors import ReverieError
from reverie.foundation.fingerprints import digest, seed_of
from reverie.recordings.contents import movie_digest, trial_digest, with_responses
from reverie.recordings.lazy_trials import part_of
from reverie.recordings.opening import responses_of
from reverie.recordings.trial import Trial
from reverie.scoring.trial_noise import TrialNoise, fit_trial_noise

JOINS = ("nothing", "repeats", "animals", "all")
"""Trials explained together: each trial alone, an animal's repeats, one trial of each animal, or all trials of all
animals."""

NOISE_TRIALS = 10
"""Largest number of training trials, evenly chosen, on which the noise is measured."""


@dataclass(frozen=True, eq=False)
class Clip:
    """A recorded trial, by its name, or a stimulus that was never shown, with its movie and state."""

    animal: str
    name: str
    movie: Movie | None = None
    state: State | None = None
    responses: Responses | None = None
    """Responses to a stimulus, where they were simulated or cut out of a recording."""

    def read(self, session: Session) -> Trial:
        """Return the clip as a trial; a stimulus has the given responses, if any."""
        recording = session.recordings[self.animal]
        if self.movie is None or self.state is None:
            return recording.trial(self.name)
        rate = recording.frame_rate
        return Trial(self.name, "stimulus", self.movie, self.state, self.responses, frame_rate=rate)

    def frames(self, session: Session) -> int:
        """Return the number of frames."""
        return session.recordings[self.animal].frames(self.name) if self.movie is None else len(self.movie)

    def digest(self, session: Session) -> str:
        """Return a hash of the clip's contents."""
        if self.movie is None:
            return trial_digest(session.recordings[self.animal], self.name)
        return digest(*(array for array in (self.movie, self.state, self.responses) if array is not None))


def by_animal(clips: Iterable[Clip]) -> dict[str, list[Clip]]:
    """Return the clips of each animal, in their order."""
    found: dict[str, list[Clip]] = {}
    for clip in clips:
        found.setdefault(clip.animal, []).append(clip)
    return found


def excerpt(session: Session, clip: Clip, frames: int) -> Clip:
    """Return the first frames of a recorded clip as a clip of its own, responses included."""
    trial = part_of(clip.read(session), 0, frames)
    return Clip(clip.animal, clip.name, trial.known_movie, trial.known_state, responses_of(clip.animal, trial))


def repeats_of(session: Session, clip: Clip, join: str) -> tuple[Clip, ...]:
    """Return the other trials with responses of the clip's tier that show its movie, as ``join`` says.

    Raises ReverieError when ``join`` is none of ``JOINS``.
    """
    if join not in JOINS:
        raise ReverieError(f"{join!r} cannot be joined; choose one of: {', '.join(JOINS)}.")
    if join == "nothing":
        return ()
    shown = movie_digest(session.recordings[clip.animal], clip.name)
    tier = session.recordings[clip.animal].tiers[clip.name]
    found: list[Clip] = []
    for animal, recording in session.recordings.items():
        if (join == "repeats" and animal != clip.animal) or (join == "animals" and animal == clip.animal):
            continue
        own = with_responses(recording, [name for name, its in recording.tiers.items() if its == tier])
        names = [name for name in own if movie_digest(recording, name) == shown]
        others = [Clip(animal, name) for name in names if (animal, name) != (clip.animal, clip.name)]
        found += others[:1] if join == "animals" else others
    return tuple(found)


def first_repeats(session: Session, names: Mapping[str, Sequence[str]], join: str) -> dict[str, list[str]]:
    """Return the trials without those that are joined to an earlier one, so that each movie is there once."""
    joined: set[tuple[str, str]] = set()
    kept: dict[str, list[str]] = {}
    for animal, trials in names.items():
        kept[animal] = []
        for name in trials:
            if (animal, name) not in joined:
                kept[animal].append(name)
                joined |= {(other.animal, other.name) for other in repeats_of(session, Clip(animal, name), join)}
    return {animal: trials for animal, trials in kept.items() if trials}


@lru_cache(maxsize=16)
def measure_trial_noise(session: Session, animal: str) -> TrialNoise:
    """Measure how responses to the first encoder's training trials scatter around the encoders' mean rates.

    Raises NotApplicable when there are no training trials with responses.
    """
    subject = session.fitted(animal, next(iter(session.encoders))).subject
    encoders = tuple(session.encoders.values())
    return fit_trial_noise(
        [
            (predict_mean(encoders, one.known_movie, one.known_state, animal), responses_of(animal, one))
            for one in subject.trials(subject.training, NOISE_TRIALS)
        ]
    )


def simulated_clips(session: Session, clip: Clip, count: int) -> Iterator[Clip]:
    """Yield the clip with responses drawn around the encoders' mean rates in place of the recorded ones.

    Draws depend on the session's seed, the clip's name and the number of the draw.
    """
    trial, noise = clip.read(session), measure_trial_noise(session, clip.animal)
    rates = predict_mean(tuple(session.encoders.values()), trial.known_movie, trial.known_state, clip.animal)
    for number in range(count):
        seeds = [session.sources.seed, seed_of(f"{clip.animal}/{clip.name}"), number]
        drawn = noise.draw(rates, np.random.default_rng(seeds))
        yield Clip(clip.animal, f"{clip.name}, simulated {number}", trial.known_movie, trial.known_state, drawn)
