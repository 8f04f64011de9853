"""Training several encoders of the same recordings, one for each seed, in parallel here or on a cluster."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from reverie.foundation.errors import BadInput
from reverie.foundation.folders import require_folder
from reverie.jobs.engines.settings import HERE, On
from reverie.jobs.workers import open_workers
from reverie.recordings.opening import open_animals
from reverie.recordings.reading import Reading, with_absolute_paths
from reverie.recordings.recording import Recording
from reverie.training.folder import train_encoder
from reverie.training.request import TrainingRequest
from reverie.training.trainable import trainable_animals

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
    recordings: Mapping[str, Recording]
    """The animals that can be trained on, by name."""


def open_data(source: TrainingData) -> OpenedData:
    """Open the recordings to train on; raises ReverieError when none, or not all that are named, can be used."""
    opened = open_animals(source.data, source.animals, source.reading)
    return OpenedData(source, trainable_animals(opened, all_needed=bool(source.animals)))


def train_encoders(
    source: TrainingData, out: Path, request: TrainingRequest, *, encoders: int = 1, on: On
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
    with open_workers(open_data(everywhere), partial(open_data, everywhere), on) as workers:
        names = [f"the encoder {place.name}" for place in folders]
        workers.run(_train, list(zip(folders, requests, strict=True)), "training", names)
    return folders


def _train(opened: OpenedData, task: tuple[Path, TrainingRequest]) -> None:
    folder, request = task
    named = tuple(opened.recordings) if opened.source.animals else ()
    train_encoder(opened.recordings, folder, request, animals=named, device=opened.source.device)
