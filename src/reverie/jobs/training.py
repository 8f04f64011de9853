"""Training several encoders of the same recordings, one for each seed, in parallel here or on a cluster."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from reverie.foundation.devices import choose_device
from reverie.foundation.errors import BadInput
from reverie.foundation.folders import require_folder
from reverie.jobs.engines.settings import HERE, EngineOptions
from reverie.jobs.workers import open_workers
from reverie.recordings.opening import open_animals
from reverie.recordings.reading import Reading, with_absolute_paths
from reverie.training.folder import TrainingSet, train_encoder, train_on
from reverie.training.request import TrainingRequest

MOST_ENCODERS = 1000
"""Largest number of encoders, against typing errors; the paper averages seven."""


@dataclass(frozen=True)
class TrainingData:
    """What all encoders are trained on, and where."""

    data: Path
    """Folder of recordings."""
    animals: Sequence[str]
    """Its animals to train on; all where none is named."""
    reading: Reading
    """Facts that the files do not state."""
    device: str
    """Where to train: auto, cpu, cuda or mps."""


@dataclass(frozen=True)
class OpenedData:
    """Training data that are opened once for several encoders, so that what was found in them is said once."""

    source: TrainingData
    animals: TrainingSet


def open_data(source: TrainingData, request: TrainingRequest) -> OpenedData:
    """Open the recordings to train on; raises ReverieError when none, or not all that are named, can be used."""
    opened = open_animals(source.data, source.animals, source.reading)
    return OpenedData(source, TrainingSet.of(opened, request, all_needed=bool(source.animals)))


def train_encoders(
    source: TrainingData, out: Path, request: TrainingRequest, *, encoders: int = 1, on: EngineOptions
) -> list[Path]:
    """Train encoders with successive seeds and return their folders; the same call resumes from these.

    The folders are ``out``/seed-0 and so on, from the seed of the request on; for a single encoder it is ``out``
    itself. Raises the error of an encoder that could not be trained, after all others are trained; BadInput when there
    are none to train, or far too many.
    """
    if not 1 <= encoders <= MOST_ENCODERS:
        raise BadInput(f"{encoders} encoders were asked for; there must be 1 to {MOST_ENCODERS}.")
    folder = out.absolute()
    if encoders == 1 and on.on == HERE:
        train_encoder(source.data, out, request, animals=source.animals, reading=source.reading, device=source.device)
        return [folder]
    require_folder(folder)
    teacher = request.teacher and request.teacher.absolute()
    requests = [replace(request, seed=request.seed + number, teacher=teacher) for number in range(encoders)]
    folders = [folder if encoders == 1 else folder / f"seed-{each.seed}" for each in requests]
    # Other processes may work in another folder.
    everywhere = replace(source, data=source.data.absolute(), reading=with_absolute_paths(source.reading))
    with open_workers(open_data(everywhere, request), partial(open_data, everywhere, request), on) as workers:
        names = [f"the encoder {place.name}" for place in folders]
        workers.run(_train, list(zip(folders, requests, strict=True)), "training", names)
    return folders


def _train(opened: OpenedData, task: tuple[Path, TrainingRequest]) -> None:
    train_on(opened.animals, *task, choose_device(opened.source.device))
