"""Choosing which clips are reconstructed, and which others may decide when to stop."""

from collections.abc import Sequence

import numpy as np

from reverie.fitted.materials import Materials
from reverie.foundation.errors import ReverieError
from reverie.jobs.job import Clip, digest
from reverie.recordings.opening import choose_trials
from reverie.recordings.readers.sensorium import SensoriumRecording

TEST_TIERS = ("live_test_main", "oracle")
"""Where clips are taken from unless trials are named: the first tier whose responses were released."""

VALIDATION_TIER = "oracle"
"""Where the clips that decide when to stop come from."""


def choose_clips(materials: Materials, trials: Sequence[str], most: int) -> tuple[Clip, ...]:
    """Return at most ``most`` clips of every animal, each movie once, evenly spread over those asked for.

    Raises ReverieError when an animal has none with responses.
    """
    chosen = []
    for animal, recording in materials.recordings.items():
        names = choose_trials(recording, trials) if trials else _test_trials(recording)
        different = {digest(recording.movie(name)): name for name in reversed(names)}
        names = [name for name in names if name in different.values()]
        chosen += [Clip(animal, name) for name in _spread(names, most)]
    return tuple(chosen)


def validation_clips(materials: Materials, reported: Sequence[Clip], count: int) -> list[Clip]:
    """Return clips of every animal that are not reported.

    Raises ReverieError when there are none.
    """
    taken = {(clip.animal, clip.name) for clip in reported}
    found = []
    for animal, recording in materials.recordings.items():
        shown = {digest(recording.movie(clip.name)) for clip in reported if clip.animal == animal}
        names = [name for name in _of_tier(recording, VALIDATION_TIER) if (animal, name) not in taken]
        names = [name for name in names if digest(recording.movie(name)) not in shown]
        found += [Clip(animal, name) for name in _spread(names, count)]
    if not found:
        raise ReverieError(
            f"The recordings have no trials of the tier {VALIDATION_TIER!r} with responses beside those reported, to "
            "choose the number of steps on; use --scale paper, which takes the published number."
        )
    return found


def _test_trials(recording: SensoriumRecording) -> list[str]:
    for tier in TEST_TIERS:
        if names := _of_tier(recording, tier):
            return names
    raise ReverieError(
        f"{recording.name} has no responses to trials of the tiers {' or '.join(TEST_TIERS)}; "
        "name trials with --trials."
    )


def _of_tier(recording: SensoriumRecording, tier: str) -> list[str]:
    return [name for name, its in recording.tiers.items() if its == tier and recording.has_responses(name)]


def _spread(names: Sequence[str], most: int) -> list[str]:
    count = min(most, len(names))
    return [names[int(place)] for place in np.linspace(0, len(names) - 1, count).round()] if count else []
