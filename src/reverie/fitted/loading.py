"""Opening recordings and encoders together, and checking that they belong together."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import torch

from reverie.encoders.checkpoints import load_encoder, read_about
from reverie.encoders.contract import Encoder
from reverie.foundation.errors import ReverieError
from reverie.recordings.layout import VALIDATION_TIERS
from reverie.recordings.opening import open_animals
from reverie.recordings.readers.sensorium import SensoriumRecording


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
