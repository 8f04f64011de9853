"""Which trials show the same movie, so that their responses can be joined in one reconstruction."""

import hashlib
from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np

from reverie.fitted.materials import Materials
from reverie.foundation.errors import ReverieError
from reverie.jobs.job import Clip
from reverie.recordings.readers.sensorium import SensoriumRecording

JOINS = ("nothing", "repeats", "animals", "all")
"""What is joined: each trial alone, an animal's repeats, one showing to each animal, or all showings to all."""


def other_showings(materials: Materials, clip: Clip, join: str) -> tuple[Clip, ...]:
    """Return the other trials of the clip's tier, with responses, that show its movie, as ``join`` asks for.

    Raises ReverieError when ``join`` is none of ``JOINS``.
    """
    if join not in JOINS:
        raise ReverieError(f"{join!r} cannot be joined; choose one of: {', '.join(JOINS)}.")
    if join == "nothing":
        return ()
    shown = movie_digest(materials.recordings[clip.animal], clip.name)
    tier = materials.recordings[clip.animal].tiers[clip.name]
    found: list[Clip] = []
    for animal, recording in materials.recordings.items():
        if (join == "repeats" and animal != clip.animal) or (join == "animals" and animal == clip.animal):
            continue
        names = [name for name in recording.names(tier) if _shows(recording, name, shown)]
        others = [Clip(animal, name) for name in names if (animal, name) != (clip.animal, clip.name)]
        found += others[:1] if join == "animals" else others
    return tuple(found)


def first_showings(materials: Materials, names: Mapping[str, Sequence[str]], join: str) -> dict[str, list[str]]:
    """Return the trials without those that are joined to an earlier one: each movie once."""
    joined: set[tuple[str, str]] = set()
    kept: dict[str, list[str]] = {}
    for animal, trials in names.items():
        kept[animal] = []
        for name in trials:
            if (animal, name) not in joined:
                kept[animal].append(name)
                joined |= {(other.animal, other.name) for other in other_showings(materials, Clip(animal, name), join)}
    return {animal: trials for animal, trials in kept.items() if trials}


@lru_cache(maxsize=4096)
def movie_digest(recording: SensoriumRecording, name: str) -> str:
    """Return a hash of the movie of a trial."""
    movie = recording.movie(name)
    return hashlib.sha256(np.ascontiguousarray(movie).tobytes() + str(movie.shape).encode()).hexdigest()


def _shows(recording: SensoriumRecording, name: str, shown: str) -> bool:
    return recording.has_responses(name) and movie_digest(recording, name) == shown
