"""What a recording holds, as hashes: known by its contents, wherever its files lie."""

from collections.abc import Callable, Iterable
from functools import lru_cache

from reverie.foundation.fingerprints import digest, digest_of
from reverie.recordings.recording import Recording
from reverie.recordings.trial import Trial


def trial_digest(recording: Recording, name: str) -> str:
    """Return the hash of a trial's contents: movie, state and responses, where there are any."""
    return _digests(recording.trial, name)[0]


def movie_digest(recording: Recording, name: str) -> str:
    """Return the hash of the movie of a trial."""
    return _digests(recording.trial, name)[1]


@lru_cache(maxsize=8192)
def _digests(read: Callable[[str], Trial], name: str) -> tuple[str, str]:
    trial = read(name)
    arrays = (array for array in (trial.movie, trial.state, trial.responses) if array is not None)
    # Without a movie, a trial is like no other.
    shown = trial.responses if trial.movie is None else trial.movie
    return digest(*arrays), "" if shown is None else digest(shown)


def trials_digest(recording: Recording, names: Iterable[str]) -> str:
    """Return the hash of several trials' contents, in their order."""
    return digest_of({"trials": [trial_digest(recording, name) for name in names]})
