"""Train an encoder on recordings."""

import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import pandas as pd
import torch

from reverie.encoders.checkpoints import load_encoder, save_encoder
from reverie.encoders.contract import Encoder
from reverie.encoders.registry import name_architecture
from reverie.foundation.devices import seed_everything
from reverie.foundation.errors import ReverieError
from reverie.foundation.progress import say
from reverie.recordings.lazy_trials import names_of
from reverie.recordings.recording import Recording
from reverie.recordings.remembered import remembered
from reverie.recordings.splits import Split
from reverie.training.batches import IN_MEMORY, load_trials
from reverie.training.loop import LAST, TrainingJob, run_to_the_end
from reverie.training.settings import TrainingSettings
from reverie.training.state import load_state
from reverie.training.step import new_run
from reverie.training.targets import find_target
from reverie.training.warm_start import warm_start


@dataclass(frozen=True)
class TrainingResult:
    """The outcome of a training."""

    folder: Path
    """Where the best encoder is."""
    correlation: dict[str, float]
    """Correlation of each animal on the validation trials with the best weights (see ``validation_correlation``); empty
    without validation trials."""
    history: pd.DataFrame
    """One row per validation: step, seconds, loss, and a column for each animal."""


def train(
    encoder: Encoder,
    recordings: Mapping[str, Recording],
    splits: Mapping[str, Split],
    settings: TrainingSettings,
    folder: Path,
    *,
    device: torch.device,
    teacher: Encoder | None = None,
) -> TrainingResult:
    """Train an encoder; the best weights on the validation trials are kept in ``folder``, the last in ``folder/last``.

    After an interruption at any moment, the same call resumes from the last validation and, on a CPU, ends with the
    same weights bit for bit. The log ``training.csv`` grows with every validation. The encoder passed in ends as the
    best one.

    Parameters
    ----------
    recordings, splits
        By animal name; every animal of the encoder needs both.

    Raises
    ------
    ReverieError
        When recordings and encoder do not belong together, the folder holds an interrupted run with other settings or
        data, the loss diverges, the architecture is not registered, or nothing can be written any more (existing files
        stay whole).
    """
    if set(recordings) != set(encoder.mice):
        raise ReverieError(
            f"The encoder reads out {', '.join(encoder.mice)} but the recordings are of {', '.join(recordings)}; "
            "build the encoder for these recordings."
        )
    name_architecture(encoder)  # refuse an architecture that could not be loaded again now, not after the training
    seed_everything(settings.seed)
    job = _job(encoder, recordings, splits, settings, folder, teacher)
    interrupted = job.state_file.exists()
    if not interrupted:
        warm_start(encoder, job.training, job.targets)
    encoder.to(device)
    if teacher is not None:
        teacher.to(device).eval().requires_grad_(False)
    run = new_run(encoder, settings)
    if interrupted:
        load_state(run, job.state_file, job.identity)
        say(f"Resuming after step {run.step} of {settings.steps}.")
    run_to_the_end(run, job)
    save_encoder(run.averaged, folder / LAST, {**job.about, "step": run.step})
    shutil.rmtree(job.state_file.parent, ignore_errors=True)
    best = run.progress["best"]
    encoder.load_state_dict(load_encoder(folder, device).state_dict())
    encoder.eval()
    return TrainingResult(folder, dict(best["correlation"]), pd.DataFrame(run.progress["history"]))


def _job(
    encoder: Encoder,
    recordings: Mapping[str, Recording],
    splits: Mapping[str, Split],
    settings: TrainingSettings,
    folder: Path,
    teacher: Encoder | None,
) -> TrainingJob:
    """Put together everything the run needs."""
    limit = IN_MEMORY // len(encoder.mice)
    training = {
        mouse: load_trials(recordings[mouse], splits[mouse].training, encoder, limit=limit) for mouse in encoder.mice
    }
    validation = {
        mouse: load_trials(recordings[mouse], splits[mouse].validation, encoder) if splits[mouse].validation else ()
        for mouse in encoder.mice
    }
    targets = {mouse: find_target(settings.learn_from, trials) for mouse, trials in training.items()}
    about = {
        "training_settings": asdict(settings),
        "training_trials": {mouse: names_of(each) for mouse, each in training.items()},
        "validation_trials": {mouse: names_of(each) for mouse, each in validation.items()},
        "frame_rates": {mouse: recordings[mouse].frame_rate for mouse in encoder.mice},
        "recordings": {mouse: recordings[mouse].identity for mouse in encoder.mice},
        "reading": {mouse: remembered(recordings[mouse].reading) for mouse in encoder.mice},
    }
    return TrainingJob(settings, training, validation, targets, folder, teacher, about)
