"""Choosing animals and trials by name, and telling what was found in their recordings."""

from collections.abc import Mapping, Sequence
from os import PathLike

from reverie.foundation.arrays import Responses
from reverie.foundation.errors import ReverieError
from reverie.foundation.progress import say
from reverie.recordings.readers.registry import find_animal, open_recordings
from reverie.recordings.reading import Reading
from reverie.recordings.recording import Recording
from reverie.recordings.trial import Trial


def open_animals(
    data: str | PathLike[str], names: str | Sequence[str] = (), reading: Reading | None = None
) -> dict[str, Recording]:
    """Open the animals of a path, look through their recordings, and tell what was found; return them by name.

    Animals of which nothing can be used are left out, and said, unless they were named.

    Parameters
    ----------
    data
        Folder or file of recordings, in any format that is known.
    names
        Animals to open; all when none is named. Names may be shortened.
    reading
        What the files do not say; by default nothing is missing.

    Raises
    ------
    ReverieError
        When there is no recording, no such animal, or nothing that can be used.
    """
    recordings = open_recordings(data, reading)
    if names:
        chosen = [find_animal(recordings, name) for name in ([names] if isinstance(names, str) else names)]
        recordings = {recording.name: recording for recording in chosen}
    return tell_notes(recordings, all_needed=bool(names))


def tell_notes(recordings: Mapping[str, Recording], *, all_needed: bool = False) -> dict[str, Recording]:
    """Tell what was found in reading each recording, and return those that can be used.

    Raises ReverieError when none can, or one cannot and all are needed.
    """
    usable: dict[str, Recording] = {}
    failed: dict[str, ReverieError] = {}
    for name, recording in recordings.items():
        try:
            notes = recording.notes
        except ReverieError as error:
            if all_needed:
                raise
            failed[name] = error
            continue
        usable[name] = recording
        for note in notes:
            say(note)
    if failed and not usable:
        raise next(iter(failed.values()))  # which is told by whoever catches it, once
    for name, reason in failed.items():
        say(f"Left out {name}: {reason}")
    return usable


def choose_trials(recording: Recording, names: Sequence[str]) -> list[str]:
    """Return trial names in the order asked for, with tier names expanded to their trials.

    Raises ReverieError when a name is neither a trial nor a tier of this animal, or of a trial that cannot be used.
    """
    tiers = recording.tiers
    chosen: list[str] = []
    for name in names:
        of_tier = [trial for trial, tier in tiers.items() if tier == name]
        if not of_tier and name not in tiers and name not in recording.left_out:
            known = ", ".join(dict.fromkeys(tiers.values()))
            raise ReverieError(
                f"Animal {recording.name} has no trial or tier {name!r}; its {len(tiers)} trials are named "
                f"{next(iter(tiers))} to {list(tiers)[-1]} and its tiers are {known}."
            )
        if name in recording.left_out:
            raise ReverieError(f"Trial {name} of {recording.name} cannot be used: {recording.left_out[name]}")
        chosen += [trial for trial in of_tier or [name] if trial not in chosen]
    return chosen


def responses_of(animal: str, trial: Trial) -> Responses:
    """Return the responses to a trial; raises ReverieError when it has none."""
    if trial.responses is None:
        raise ReverieError(
            f"Trial {trial.name} of {animal} (tier {trial.tier}) has no responses; "
            "there is nothing to reconstruct from."
        )
    return trial.responses
