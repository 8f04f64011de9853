"""Estimating the transparency masks of an encoder's animals and keeping them beside it."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch

from reverie.encoders.contract import Encoder
from reverie.fitted.loading import open_encoders, open_matching_animals, training_trials
from reverie.foundation.arrays import Mask
from reverie.foundation.devices import choose_device
from reverie.foundation.errors import NotApplicable
from reverie.foundation.progress import say
from reverie.inversion.mask import MaskSettings, diameter_in_degrees, estimate_mask, load_mask, save_mask
from reverie.recordings.readers.sensorium import SensoriumRecording
from reverie.scoring.rule import EVALUATION_THRESHOLD, TRAINING_THRESHOLD

LEVELS = (TRAINING_THRESHOLD, EVALUATION_THRESHOLD)
"""The two sizes of a mask that are told."""

MOST_TRIALS = 100
"""Training trials a mask is estimated from, evenly chosen; more would only take memory."""


def estimate_masks(
    data: Path, encoder_folder: Path, *, animals: Sequence[str], steps: int | None, seed: int, device: str
) -> None:
    """Estimate the mask of each animal anew and save it as ENCODER/masks/<animal>.npz.

    Raises ReverieError when data and encoder do not belong together.
    """
    where = choose_device(device)
    encoder = open_encoders([encoder_folder], where)[encoder_folder]
    for recording in open_matching_animals(data, animals, {encoder_folder: encoder}).values():
        make_mask(recording, encoder, encoder_folder, steps=steps, seed=seed, device=where)


def own_mask(
    recording: SensoriumRecording, encoder: Encoder, encoder_folder: Path, *, seed: int, device: torch.device
) -> Mask:
    """Return the mask kept beside the encoder (height, width), made first when there is none."""
    path = mask_path(encoder_folder, recording.name)
    if path.exists():
        return load_mask(path, recording.frame_size)
    say(f"{encoder_folder} has no mask for {recording.name} yet; estimating one.")
    return make_mask(recording, encoder, encoder_folder, steps=None, seed=seed, device=device)


def make_mask(
    recording: SensoriumRecording,
    encoder: Encoder,
    encoder_folder: Path,
    *,
    steps: int | None,
    seed: int,
    device: torch.device,
) -> Mask:
    """Estimate one animal's mask from its training trials, save it beside the encoder, say how large it is."""
    settings = MaskSettings() if steps is None else replace(MaskSettings(), steps=steps)
    trials = [recording.trial(name) for name in _training_trials(recording, encoder_folder)]
    mask = estimate_mask(encoder, recording.name, trials, settings, seed=seed, device=device)
    path = mask_path(encoder_folder, recording.name)
    save_mask(path, mask)
    sizes = " and ".join(f"{diameter_in_degrees(mask, level):.0f}° at α ≥ {level:g}" for level in LEVELS)
    say(f"{recording.name} sees {sizes} (equal-area diameter); the mask is {path}.")
    return mask


def mask_path(encoder_folder: Path, animal: str) -> Path:
    """Return where an encoder keeps the mask of an animal."""
    return encoder_folder / "masks" / f"{animal}.npz"


def _training_trials(recording: SensoriumRecording, encoder_folder: Path) -> list[str]:
    """Return some of the trials the encoder was trained on, evenly chosen."""
    names = training_trials(recording, encoder_folder)
    if len(names) < 2:
        raise NotApplicable(
            f"{recording.name} has {len(names)} training trial(s); a mask needs at least two, to blend one movie "
            "with another."
        )
    return names[:: -(-len(names) // MOST_TRIALS)]
