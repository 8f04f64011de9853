"""Training several encoders of the same recordings, one for each seed, in parallel here or on a cluster."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from reverie.foundation.errors import BadInput
from reverie.foundation.folders import require_folder
from reverie.jobs.engines.settings import HERE, On
from reverie.jobs.workers import open_workers
from reverie.recordings.reading import Reading, with_absolute_paths
from reverie.training.folder import train_encoder
from reverie.training.request import TrainingRequest

MOST_ENCODERS = 1000
"""Largest number of encoders, against typing errors; the paper averages seven."""


@dataclass(frozen=True)
class TrainingData:
    """The training data of all encoders: a folder of recordings and its animals (all where none is named).

    reading: facts that the files do not state. device: where to train; auto, cpu, cuda or mps.
    """

    data: Path
    animals: Sequence[str]
    reading: Reading
    device: str


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
        _train(source, (folder, request))
        return [folder]
    require_folder(folder)
    teacher = request.teacher and request.teacher.absolute()
    requests = [replace(request, seed=request.seed + number, teacher=teacher) for number in range(encoders)]
    folders = [folder if encoders == 1 else folder / f"seed-{each.seed}" for each in requests]
    elsewhere = replace(source, data=source.data.absolute(), reading=with_absolute_paths(source.reading))
    # Other processes need not open anything: they receive all they need.
    with open_workers(elsewhere, partial(replace, elsewhere), on) as workers:
        names = [f"the encoder {place.name}" for place in folders]
        workers.run(_train, list(zip(folders, requests, strict=True)), "training", names)
    return folders


def _train(source: TrainingData, task: tuple[Path, TrainingRequest]) -> None:
    folder, request = task
    train_encoder(source.data, folder, request, animals=source.animals, reading=source.reading, device=source.device)
