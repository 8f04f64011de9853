"""Opening recordings and encoders together, and checking that they belong together."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import torch

from reverie.encoders.checkpoints import load_encoder, read_about
from reverie.encoders.contract import Encoder
from reverie.foundation.arrays import Responses
from reverie.foundation.errors import ReverieError
from reverie.recordings.layout import RESPONSES, VALIDATION_TIERS, VIDEOS, is_trial_file
from reverie.recordings.sensorium import SensoriumRecording, find_animal, open_recordings
from reverie.recordings.trial import Trial


def open_animals(data: Path, names: Sequence[str]) -> dict[str, SensoriumRecording]:
    """Open the named animals of a folder (all when none is named); names may be shortened.

    Raises ReverieError when the folder holds no recordings or no such animal.
    """
    recordings = open_recordings(data)
    if not names:
        return recordings
    chosen = [find_animal(recordings, name) for name in names]
    return {recording.name: recording for recording in chosen}


def open_matching_animals(
    data: Path, names: Sequence[str], encoders: Mapping[Path, Encoder]
) -> dict[str, SensoriumRecording]:
    """Open the named animals, or all that every encoder has a readout for; each is checked against each encoder.

    Raises ReverieError when none fits or a named one does not.
    """
    recordings = open_animals(data, names)
    if not names:
        shared = [name for name in recordings if all(name in encoder.mice for encoder in encoders.values())]
        if not shared:
            readouts = "; ".join(f"{folder}: {', '.join(encoder.mice)}" for folder, encoder in encoders.items())
            raise ReverieError(
                f"No animal of {data} ({', '.join(recordings)}) has a readout in the encoder ({readouts})."
            )
        recordings = {name: recordings[name] for name in shared}
    for recording in recordings.values():
        for folder, encoder in encoders.items():
            check_match(recording, encoder, folder)
    return recordings


def open_one_animal(data: Path, name: str | None, folder: Path, encoder: Encoder) -> SensoriumRecording:
    """Open the one animal that is meant; the name may be left out when only one fits the encoder.

    Raises ReverieError when several fit and none was named.
    """
    recordings = open_matching_animals(data, [name] if name else [], {folder: encoder})
    if len(recordings) > 1:
        raise ReverieError(f"{data} holds several animals ({', '.join(recordings)}); say which with --animal.")
    return next(iter(recordings.values()))


def open_encoders(folders: Sequence[Path], device: torch.device) -> dict[Path, Encoder]:
    """Load encoders; raises ReverieError when none is named, one is named twice or one cannot be read."""
    if not folders:
        raise ReverieError("No encoder is named; give the folder of at least one (see `reverie train`).")
    repeated = [str(folder) for folder in folders if folders.count(folder) > 1]
    if repeated:
        raise ReverieError(f"The encoder {repeated[0]} is named twice; name each one once.")
    return {folder: load_encoder(folder, device) for folder in folders}


def check_match(recording: SensoriumRecording, encoder: Encoder, folder: Path) -> None:
    """Raise ReverieError unless the encoder has a readout for this very population and frame size."""
    if recording.name not in encoder.mice:
        raise ReverieError(
            f"The encoder {folder} has no readout for animal {recording.name} (it has: {', '.join(encoder.mice)}); "
            "train one on this animal."
        )
    expected = encoder.mice[recording.name]
    if recording.neurons != expected:
        raise ReverieError(
            f"Animal {recording.name} has {recording.neurons} neurons but the encoder {folder} predicts {expected}; "
            "they are not of the same recording."
        )
    if recording.frame_size != encoder.frame_size:
        raise ReverieError(
            f"The movies of {recording.name} are {recording.frame_size} pixels but the encoder {folder} "
            f"takes {encoder.frame_size}."
        )


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


def training_trials(recording: SensoriumRecording, encoder_folder: Path) -> list[str]:
    """Return the trials the encoder was trained on, or the recording's training tier for imported encoders."""
    known = read_about(encoder_folder).get("training_trials", {})
    names = list(known.get(recording.name, ())) or [name for name, tier in recording.tiers.items() if tier == "train"]
    return [name for name in names if name in recording.tiers]


def validation_trials(recording: SensoriumRecording, encoder_folder: Path) -> list[str]:
    """Return the trials the encoder was validated on, or those of the validation tiers for imported encoders."""
    known = read_about(encoder_folder).get("validation_trials", {})
    names = list(known.get(recording.name, ()))
    names = names or [name for name, tier in recording.tiers.items() if tier in VALIDATION_TIERS]
    return [name for name in names if name in recording.tiers and recording.has_responses(name)]


def responses_of(animal: str, trial: Trial) -> Responses:
    """Return the responses to a trial; raises ReverieError when it has none."""
    if trial.responses is None:
        raise ReverieError(
            f"Trial {trial.name} of {animal} (tier {trial.tier}) has no responses; "
            "there is nothing to reconstruct from."
        )
    return trial.responses
