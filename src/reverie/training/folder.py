"""Training an encoder on a folder of recordings, with settings that fit the data and the machine."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from os import PathLike
from pathlib import Path
from typing import Any

import torch

from reverie.encoders.checkpoints import load_encoder
from reverie.encoders.contract import Encoder
from reverie.encoders.presets import preset
from reverie.encoders.registry import find_architecture, require_contract
from reverie.foundation.arrays import SAME_RATE
from reverie.foundation.devices import choose_device, describe, seed_everything, torch_defaults
from reverie.foundation.errors import ReverieError, counted
from reverie.foundation.files import write_record
from reverie.foundation.folders import locked, require_folder
from reverie.foundation.partial_files import sweep
from reverie.foundation.progress import say, tracked
from reverie.foundation.requests import given_path, with_options
from reverie.recordings.contents import readable
from reverie.recordings.opening import choose_animals, open_animals, say_notes
from reverie.recordings.reading import Reading
from reverie.recordings.recording import Recording
from reverie.recordings.splits import Split, split_all
from reverie.recordings.tiers import UNUSED
from reverie.training.earlier import PLAN, as_requested, contents_of, earlier_plan, earlier_settings
from reverie.training.loop import LAST, RESUME
from reverie.training.planning import plan_settings
from reverie.training.request import TrainingRequest
from reverie.training.train import TrainingResult, train
from reverie.training.trainable import trainable_animals
from reverie.training.validation import poor_fit_warning


@torch_defaults()
def train_encoder(
    recordings: Mapping[str, Recording] | Recording | Path | str,
    out: Path | str,
    request: TrainingRequest | None = None,
    *,
    animals: str | Sequence[str] = (),
    reading: Reading | None = None,
    device: str = "auto",
    **options: Any,  # noqa: ANN401 - fields of TrainingRequest, which checks them
) -> Encoder:
    """Train an encoder, keep the best weights in a folder, and return it in evaluation mode.

    The same request for the same data resumes an interrupted training, and leaves a finished one as it is; data are
    identified by their contents, wherever they are stored.

    Parameters
    ----------
    recordings
        Recordings by animal, as ``open`` returns them, a single one, or the folder they are in.
    out
        Folder for the encoder.
    request
        How to train; by default what fits the data and the machine.
    animals
        Animals to train on; by default all that can be learned from, and the others are left out with a message.
    reading
        How a folder's recordings are read: what their files do not say.
    device
        auto, cpu, cuda or mps.
    **options
        Fields of the request, such as ``minutes=4`` or ``architecture="compact"``, instead of a request.

    Raises
    ------
    ReverieError
        When an option is unknown, the recordings cannot be learned from, or ``out`` holds something else.
    """
    request = with_options(request or TrainingRequest(), options, "A training")
    where, folder = choose_device(device), given_path(out, "The folder of an encoder")
    require_folder(folder)
    trained_on = TrainingSet.of(_opened(recordings, animals, reading), request, all_needed=bool(animals))
    return train_on(trained_on, folder, request, where)


@dataclass(frozen=True, eq=False)
class TrainingSet:
    """Animals to train on; how their trials are divided is found, and said, once for all encoders."""

    recordings: Mapping[str, Recording]
    """The animals that can be trained on, by name."""
    hold_out_fold: int | None
    """A published fold that validates instead of the validation tier."""
    all_needed: bool
    """Whether none may be left out, because all were named."""
    _splits: dict[str, Split] = field(default_factory=dict, init=False, repr=False)

    @classmethod
    def of(cls, recordings: Mapping[str, Recording], request: TrainingRequest, *, all_needed: bool) -> "TrainingSet":
        """Return what can be learned from; raises ReverieError when it is nothing, or not all that is needed."""
        return cls(trainable_animals(recordings, all_needed=all_needed), request.hold_out_fold, all_needed)

    def split(self) -> Mapping[str, Split]:
        """Return the trials to train on and to validate on, of each animal; for this, all trials are read once."""
        if self._splits:
            return self._splits
        for animal, recording in self.recordings.items():
            names = [name for name, tier in recording.tiers.items() if tier != UNUSED and recording.has_movie(name)]
            readable(recording, tracked(names, len(names), f"Reading {animal}"))
        found = split_all(self.recordings, hold_out_fold=self.hold_out_fold, all_needed=self.all_needed)
        for name, split in found.items():
            few = f", {len(split.excluded)} left out as near-duplicates or without responses" if split.excluded else ""
            say(f"{name}: {len(split.training)} trials to train on, {len(split.validation)} to validate{few}.")
        self._splits.update(found)
        return found


@torch_defaults()
def train_on(animals: TrainingSet, folder: Path, request: TrainingRequest, where: torch.device) -> Encoder:
    """Train an encoder, or resume its training, keep it in a folder, and return it; see ``train_encoder``."""
    opened = animals.recordings
    teacher = load_encoder(request.teacher, where) if request.teacher else None
    requested = as_requested(opened, request, teacher)
    if earlier_plan(folder, requested) is not None and (folder / LAST / "encoder.json").exists():
        return _trained_already(folder, opened, where)
    encoder = _untrained(opened, request, where)  # raises where it cannot be built, before all movies are read
    splits = animals.split()
    if len(splits) < len(opened):  # animals that were left out have no readout
        opened = {animal: opened[animal] for animal in splits}
        encoder = _untrained(opened, request, where)
    contents = contents_of(opened, splits)
    with locked(folder, folder):
        settings = earlier_settings(folder, requested, contents)  # also what another process planned meanwhile
        if settings is None:
            settings = plan_settings(encoder, opened, splits, request, where)
            plan = {"asked": requested, "contents": contents, "training": asdict(settings)}
            write_record(folder / PLAN, describe(plan, seed=request.seed, device=where))
        say(f"Training on {counted(len(opened), 'animal')} for {settings.steps} steps.")
        _say_result(train(encoder, opened, splits, settings, folder, device=where, teacher=teacher))
    return load_encoder(folder, where)


def _trained_already(folder: Path, recordings: Mapping[str, Recording], device: torch.device) -> Encoder:
    """Return the encoder of a finished training, and remove what a training killed at its very end left behind."""
    shutil.rmtree(folder / RESUME, ignore_errors=True)
    for place in (folder, folder / LAST):
        sweep(place.absolute())
    encoder = load_encoder(folder, device)
    _require_same_movies(encoder, recordings)
    say(f"The encoder in {folder} is trained already.")
    return encoder


def _opened(
    recordings: Mapping[str, Recording] | Recording | Path | str, animals: str | Sequence[str], reading: Reading | None
) -> dict[str, Recording]:
    """Return recordings by animal; raises ReverieError when there is none."""
    if isinstance(recordings, str | PathLike):
        return open_animals(recordings, animals, reading)
    given = {recordings.name: recordings} if isinstance(recordings, Recording) else recordings
    if not isinstance(given, Mapping) or not given or not all(isinstance(one, Recording) for one in given.values()):
        raise ReverieError("There is nothing to train on; give what rv.open(DATA) returns, or the folder.")
    for name, recording in given.items():
        if name != recording.name:
            raise ReverieError(f"The recording of {recording.name} was given as that of {name!r}; use one name for it.")
    chosen = choose_animals(given, animals)
    return say_notes(chosen, all_needed=bool(animals) or len(given) == 1)


def _require_same_movies(encoder: Encoder, recordings: Mapping[str, Recording]) -> None:
    """Raise ReverieError unless an encoder was trained on movies of the size and rate that recordings are read at."""
    rates = encoder.about.get("frame_rates", {})
    for animal, recording in recordings.items():
        (height, width), size = encoder.frame_size, recording.frame_size
        now, rate = recording.frame_rate, rates.get(animal, recording.frame_rate)
        if (height, width) != size or abs(now - rate) > SAME_RATE * rate:
            raise ReverieError(
                f"{encoder.folder} holds an encoder trained on frames of {height} x {width} pixels at {rate:g} per "
                f"second, but {animal} is read with {size[0]} x {size[1]} at {now:g}; choose another --out."
            )


def _untrained(recordings: Mapping[str, Recording], request: TrainingRequest, device: torch.device) -> Encoder:
    """Build the requested encoder; for "auto" the published one on a GPU, and the compact one elsewhere."""
    on_gpu = device.type == "cuda"
    architecture = request.architecture
    if architecture == "auto":
        architecture = "dwiseneuro" if on_gpu else "compact"
    size = request.preset
    if size == "auto":
        size = "paper" if on_gpu and architecture == "dwiseneuro" else "small"
    seed_everything(request.seed)
    mice = {name: recording.neurons for name, recording in recordings.items()}
    frame_size = next(iter(recordings.values())).frame_size
    encoder = find_architecture(architecture).encoder(preset(architecture, size), mice, frame_size)
    require_contract(encoder)
    return encoder


def _say_result(result: TrainingResult) -> None:
    for name, correlation in result.correlation.items():
        say(f"{name}: rates correlate with single-trial responses to held-out movies at {correlation:.3f}.")
        if warning := poor_fit_warning(name, correlation):
            say(warning)
    say(f"The encoder is in {result.folder}.")
