"""Choosing animals and trials by name, and printing what was found in their recordings."""

from collections.abc import Callable, Collection, Mapping, Sequence
from os import PathLike
from typing import TypeVar

import numpy as np

from reverie.foundation.arrays import Responses
from reverie.foundation.errors import ReverieError
from reverie.foundation.progress import say
from reverie.recordings.contents import readable, trial_digest
from reverie.recordings.readers.registry import find_animal, open_recordings
from reverie.recordings.reading import Reading
from reverie.recordings.recording import Recording
from reverie.recordings.trial import Trial
from reverie.recordings.usability import matching_name

Found = TypeVar("Found")
Item = TypeVar("Item")


def open_animals(
    data: str | PathLike[str], names: str | Sequence[str] = (), reading: Reading | None = None
) -> dict[str, Recording]:
    """Open the recordings at a path, print what was found in them, and return them by animal.

    Animals whose recordings cannot be used are left out with a message, unless they were named.

    Parameters
    ----------
    data
        Folder or file of recordings, in any known format.
    names
        Animals to open; all when none is named. Names may be shortened.
    reading
        What the files do not say, such as a frame rate.

    Raises
    ------
    ReverieError
        When there is no recording, no such animal, or nothing that can be used.
    """
    return say_notes(choose_animals(open_recordings(data, reading), names), all_needed=bool(names))


def choose_animals(recordings: Mapping[str, Recording], names: str | Sequence[str]) -> dict[str, Recording]:
    """Return the recordings of the named animals, whose names may be shortened; all when none is named.

    Raises ReverieError when there is no such animal.
    """
    wanted = [names] if isinstance(names, str) else names
    if not isinstance(wanted, Sequence) or not all(isinstance(name, str) for name in wanted):
        raise ReverieError(f"Animals are chosen by their names ({', '.join(recordings)}), but {names!r} was given.")
    chosen = [find_animal(recordings, name) for name in wanted] if names else recordings.values()
    return {recording.name: recording for recording in chosen}


def say_notes(recordings: Mapping[str, Recording], *, all_needed: bool = False) -> dict[str, Recording]:
    """Print what was found in reading each recording, once, and return those that can be used.

    Raises ReverieError when none can, or one cannot and all are needed.
    """
    found = of_each_animal(recordings, lambda recording: recording.notes, all_needed=all_needed)
    usable = {name: recordings[name] for name in found}
    for name, recording in usable.items():
        for note in found[name] if not recording.notes_said else ():
            say(note)
        recording.notes_said = True
    return usable


def say_left_out(kept: Collection[str], failed: Mapping[str, ReverieError]) -> None:
    """Say which animals are left out, and why; raises the first reason where none is kept."""
    if failed and not kept:
        raise next(iter(failed.values()))  # the caller that catches it prints it
    for name, reason in failed.items():
        say(f"Left out {name}: {reason}")


def choose_trials(recording: Recording, names: Sequence[str]) -> list[str]:
    """Return trial names in the given order, with names of tiers and folds expanded to their trials.

    Trials that are named and cannot be used are left out with a message.
    Raises ReverieError when no name is given, a name is neither a trial nor a tier of this animal, or no trial is left.
    """
    return usable_and_broken(recording, names)[0]


def evenly_spaced(items: Sequence[Item], most: int) -> list[Item]:
    """Return at most ``most`` of the items, such as trials, evenly chosen.

    >>> evenly_spaced(range(10), 3)
    [0, 4, 9]
    """
    places = np.linspace(0, len(items) - 1, min(most, len(items))).round().astype(int)
    return [items[place] for place in places]


def of_each_animal(
    recordings: Mapping[str, Recording], find: Callable[[Recording], Found], *, all_needed: bool
) -> dict[str, Found]:
    """Return what ``find`` returns for each animal, such as its trials; where it raises, the animal is left out.

    Parameters
    ----------
    find
        Raises ReverieError for an animal that has nothing of the kind; the reason is printed.

    Raises
    ------
    ReverieError
        When ``find`` raises for every animal, or for one while all are needed.
    """
    found: dict[str, Found] = {}
    failed: dict[str, ReverieError] = {}
    for animal, recording in recordings.items():
        try:
            found[animal] = find(recording)
        except ReverieError as error:
            if all_needed:
                raise
            failed[animal] = error
    say_left_out(found, failed)
    return found


def usable_and_broken(recording: Recording, names: Sequence[str]) -> tuple[list[str], dict[str, ReverieError]]:
    """Return the trials that ``choose_trials`` returns, and the errors of named trials that cannot be used.

    Broken trials of a named tier are left out without such an error. Raises ReverieError as ``choose_trials`` does.
    """
    if not names:
        raise ReverieError("No trial is named; name some, or a tier, such as test.")
    chosen: dict[str, None] = {}
    broken: dict[str, ReverieError] = {}
    for name in names:
        if of_tier := _of_split(recording, name):
            usable = readable(recording, of_tier)
            if not usable:
                reason = recording.left_out[of_tier[0]]
                raise ReverieError(f"No trial of tier {name!r} of {recording.name} can be used: {reason}")
            chosen |= dict.fromkeys(usable)
            continue
        trial = _full_name(recording, name)
        try:
            _require_usable(recording, trial)
            chosen[trial] = None
        except ReverieError as error:
            broken[f"{recording.name} trial {trial}"] = error
    if not chosen:
        raise next(iter(broken.values()))
    for why in broken.values():
        say(f"Left out: {why}")
    return list(chosen), broken


def _of_split(recording: Recording, name: str) -> tuple[str, ...]:
    """Return the trials of a tier or a fold; none where it is neither, or a trial itself has the name and no tier."""
    if name in {*recording.tiers, *recording.left_out} - {*recording.tiers.values()}:
        return ()
    try:
        return recording.names(name)
    except ReverieError:
        return ()


def _full_name(recording: Recording, name: str) -> str:
    """Return the full name of a trial; raises ReverieError when there is none of that name."""
    names = [*recording.tiers, *recording.left_out]
    trial = matching_name(name, names)
    if trial is None:
        known = ", ".join(dict.fromkeys(recording.tiers.values())) or "none"
        raise ReverieError(
            f"Animal {recording.name} has no trial or tier {name!r}; its {len(names)} trials are named "
            f"{names[0]} to {names[-1]} and its tiers are {known}."
        )
    return trial


def _require_usable(recording: Recording, trial: str) -> None:
    if reason := recording.left_out.get(trial):
        raise ReverieError(f"Trial {trial} of {recording.name} cannot be used: {reason}")
    trial_digest(recording, trial)  # a broken trial raises here, rather than in the middle of the work


def responses_of(animal: str, trial: Trial) -> Responses:
    """Return the responses to a trial; raises ReverieError when it has none."""
    if trial.responses is None:
        raise ReverieError(
            f"Trial {trial.name} of {animal} (tier {trial.tier}) has no responses; "
            "there is nothing to reconstruct from."
        )
    return trial.responses
