"""Hashes of the contents of a recording, which do not depend on where its files lie."""

from collections.abc import Callable, Iterable
from functools import lru_cache

import numpy as np

from reverie.foundation.arrays import FRAME_RATE
from reverie.foundation.errors import ReverieError
from reverie.foundation.fingerprints import digest, digest_of
from reverie.foundation.progress import say
from reverie.recordings.recording import Recording
from reverie.recordings.trial import Trial
from reverie.recordings.usability import lines_by_cause


def trial_digest(recording: Recording, name: str) -> str:
    """Return the hash of a trial's contents: movie, state and responses, where there are any, and its frame rate."""
    return _digests(recording.trial, name)[0]


def movie_digest(recording: Recording, name: str) -> str:
    """Return the hash of the movie of a trial."""
    return _digests(recording.trial, name)[1]


def first_of_each_movie(recording: Recording, names: Iterable[str]) -> list[str]:
    """Return the first of the trials that show each movie, in their order."""
    firsts: dict[str, str] = {}
    for name in names:
        firsts.setdefault(movie_digest(recording, name), name)
    return list(firsts.values())


@lru_cache(maxsize=8192)
def _digests(read: Callable[[str], Trial], name: str) -> tuple[str, str]:
    trial = read(name)
    arrays = [array for array in (trial.movie, trial.state, trial.responses) if array is not None]
    if trial.frame_rate != FRAME_RATE:  # no rate in hashes at the usual one: kept results stay valid
        arrays.append(np.array(trial.frame_rate))
    # Without a movie, no trial is equal to another one.
    shown = trial.responses if trial.movie is None else trial.movie
    return digest(*arrays), "" if shown is None else digest(shown)


def readable(recording: Recording, names: Iterable[str]) -> tuple[str, ...]:
    """Return those of some trials that can be read whole; the others are left out of the recording, with a message.

    Opening a recording reads only some frames of each trial. This is for callers that read all of them anyway; it reads
    what the hashes are computed from.
    """
    kept, broken = [], {}
    for name in names:
        try:
            trial_digest(recording, name)
        except ReverieError as error:
            broken[name] = str(error)
            recording.leave_out(name, broken[name])
        else:
            kept.append(name)
    for line in lines_by_cause(broken):
        say(f"{recording.name}, left out {line}")
    return tuple(kept)


def with_responses(recording: Recording, names: Iterable[str]) -> tuple[str, ...]:
    """Return those of some trials that have responses and can be read whole, as ``readable`` does."""
    return readable(recording, filter(recording.has_responses, names))


def trials_digest(recording: Recording, names: Iterable[str]) -> str:
    """Return the hash of several trials' contents, in their order."""
    return digest_of({"trials": [trial_digest(recording, name) for name in names]})
