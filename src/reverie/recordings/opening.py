"""Choosing animals and trials by name."""

from collections.abc import Sequence
from pathlib import Path

from reverie.foundation.arrays import Responses
from reverie.foundation.errors import ReverieError
from reverie.recordings.layout import RESPONSES, VIDEOS, is_trial_file
from reverie.recordings.readers.sensorium import SensoriumRecording, find_animal, open_recordings
from reverie.recordings.trial import Trial


def open_animals(data: Path | str, names: Sequence[str] = ()) -> dict[str, SensoriumRecording]:
    """Open the named animals of a folder (all when none is named); names may be shortened.

    Raises ReverieError when the folder holds no recordings or no such animal.
    """
    recordings = open_recordings(Path(data))
    if not names:
        return recordings
    chosen = [find_animal(recordings, name) for name in names]
    return {recording.name: recording for recording in chosen}


def choose_trials(recording: SensoriumRecording, names: Sequence[str]) -> list[str]:
    """Return trial names in the order asked for, with tier names expanded to their trials.

    Raises ReverieError when a name is neither a trial nor a tier of this animal, or a trial whose movie is missing.
    """
    tiers = recording.tiers
    chosen: list[str] = []
    for name in names:
        of_tier = [trial for trial, tier in tiers.items() if tier == name]
        if not of_tier and name not in tiers:
            known = ", ".join(sorted(set(tiers.values())))
            if is_trial_file(f"{name}.npy") and (recording.folder / RESPONSES / f"{name}.npy").exists():
                video = recording.folder / VIDEOS / f"{name}.npy"
                raise ReverieError(
                    f"Trial {name} of animal {recording.name} has responses but no movie: {video} is missing; copy it "
                    "again."
                )
            raise ReverieError(
                f"Animal {recording.name} has no trial or tier {name!r}; its {len(tiers)} trials are numbered "
                f"{next(iter(tiers))} to {list(tiers)[-1]} and its tiers are {known}."
            )
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
