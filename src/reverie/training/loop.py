"""The training loop: steps, validations, and a state on the disk that an interrupted run resumes from."""

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import torch

from reverie.encoders.checkpoints import save_encoder
from reverie.encoders.contract import Encoder
from reverie.foundation.errors import ReverieError
from reverie.foundation.files import write_text
from reverie.foundation.progress import tracked
from reverie.recordings.lazy_trials import names_of
from reverie.recordings.trial import Trial
from reverie.training.batches import WindowSampler
from reverie.training.settings import TrainingSettings
from reverie.training.state import RunState, save_state
from reverie.training.step import take_step
from reverie.training.targets import Target
from reverie.training.validation import validation_correlation

TrialsByAnimal = Mapping[str, Sequence[Trial]]

LOG = "training.csv"
LAST = "last"
RESUME = "resume"


@dataclass(frozen=True)
class TrainingJob:
    """Everything a run needs besides its state; data, no behaviour."""

    settings: TrainingSettings
    training: TrialsByAnimal
    validation: TrialsByAnimal
    targets: Mapping[str, Target]
    folder: Path
    teacher: Encoder | None
    about: Mapping[str, Any]

    @property
    def state_file(self) -> Path:
        """Where the state to resume from lies."""
        return self.folder / RESUME / "state.safetensors"

    @property
    def identity(self) -> dict[str, Any]:
        """What must be unchanged for an interrupted run to resume."""
        trials = {mouse: names_of(each) for mouse, each in self.training.items()}
        held_out = {mouse: names_of(each) for mouse, each in self.validation.items()}
        return {**asdict(self.settings), "training trials": trials, "validation trials": held_out}


def run_to_the_end(run: RunState, job: TrainingJob) -> None:
    """Take every step that is left, validating, logging and saving as the settings say."""
    settings = job.settings
    windows = WindowSampler.of(run.encoder, job.training, settings, job.targets)
    began = time.perf_counter() - run.progress["seconds"]
    recent: list[torch.Tensor] = []
    run.encoder.train()
    for _ in tracked(range(run.step, settings.steps), settings.steps, "Training", done=run.step):
        recent.append(take_step(run, windows, settings, job.teacher))
        if run.step % settings.validate_every == 0 or run.step == settings.steps:
            loss = checked_loss(recent, run.step)
            recent.clear()
            run.progress["seconds"] = time.perf_counter() - began
            _validate(run, job, loss)
            save_state(run, job.state_file, job.identity)


def checked_loss(losses: Sequence[torch.Tensor], step: int) -> float:
    """Return the mean of the latest losses; raises ReverieError when the training has diverged."""
    loss = float(torch.stack(list(losses)).mean())
    if not math.isfinite(loss):
        raise ReverieError(
            f"The training loss is no longer a number at step {step}; look for extreme "
            "responses with `reverie inspect`, or train with another --seed."
        )
    return loss


def _validate(run: RunState, job: TrainingJob, loss: float) -> None:
    """Score the averaged weights, keep them if they are the best so far, and log."""
    correlation = {
        mouse: validation_correlation(run.averaged, mouse, trials) for mouse, trials in job.validation.items() if trials
    }
    seconds, rate = round(run.progress["seconds"], 2), run.optimiser.param_groups[0]["lr"]
    row = {"step": run.step, "seconds": seconds, "learning_rate": rate, "loss": loss, **correlation}
    run.progress["history"].append(row)
    score = sum(correlation.values()) / len(correlation) if correlation else 0.0
    best = run.progress["best"]
    # Without validation trials the latest weights count as the best.
    if best is None or score > best["score"] or not correlation:
        run.progress["best"] = {"score": score, "step": run.step, "correlation": correlation}
        about = {**job.about, "step": run.step, "validation_correlation": correlation}
        save_encoder(run.averaged, job.folder, about)
    write_text(job.folder / LOG, pd.DataFrame(run.progress["history"]).to_csv(index=False))
