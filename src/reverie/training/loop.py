"""The one loop: steps, validations, and a state on the disk that a killed run goes on from."""

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float

from reverie.encoders.checkpoints import save_encoder
from reverie.encoders.contract import Encoder
from reverie.encoders.prediction import predict
from reverie.foundation.errors import ReverieError
from reverie.foundation.files import write_text
from reverie.foundation.progress import tracked
from reverie.recordings.lazy_trials import names_of
from reverie.recordings.trial import Trial
from reverie.training.batches import Windows
from reverie.training.settings import Target, TrainingSettings
from reverie.training.state import RunState, load_state, save_state
from reverie.training.step import take_step

TrialsByAnimal = Mapping[str, Sequence[Trial]]

LOG = "training.csv"
LAST = "last"
RESUME = "resume"

HARDLY: Final = 0.05
"""Correlation of rates with single-trial responses below which nothing can be read from them: encoders trained on
responses that were shifted against the movies by some frames came to 0.02 to 0.04."""


class RunningCorrelation:
    """Pearson correlation per neuron over everything added, without keeping it: sums in double precision."""

    def __init__(self, neurons: int) -> None:
        self.frames = 0
        self.sums = np.zeros((5, neurons))
        self.origin: tuple[np.ndarray, np.ndarray] | None = None

    def add(self, first: Float[np.ndarray, "neuron time"], second: Float[np.ndarray, "neuron time"]) -> None:
        """Take in more frames of both series."""
        # Sums about the first means rather than about 0 keep the digits of nearly constant neurons.
        if self.origin is None:
            self.origin = first.mean(axis=1, dtype=np.float64), second.mean(axis=1, dtype=np.float64)
        x = first - self.origin[0][:, None]
        y = second - self.origin[1][:, None]
        self.sums += np.stack([x.sum(1), y.sum(1), (x * x).sum(1), (y * y).sum(1), (x * y).sum(1)])
        self.frames += first.shape[1]

    def result(self) -> Float[np.ndarray, " neuron"]:
        """Return the correlation of each neuron; 0 where either series is constant.

        >>> both = RunningCorrelation(2)
        >>> both.add(np.array([[1.0, 2, 3], [1, 1, 1]]), np.array([[0.0, 1, 2], [3, 2, 1]]))
        >>> both.result()
        array([1., 0.])
        """
        count = max(1, self.frames)
        x, y, xx, yy, xy = self.sums / count
        variances = np.maximum(xx - x * x, 0) * np.maximum(yy - y * y, 0)
        # What rounding leaves of a constant series is no variance.
        constant = (xx - x * x <= 1e-12 * (xx + 1e-12)) | (yy - y * y <= 1e-12 * (yy + 1e-12))
        correlation: np.ndarray = np.where(constant, 0.0, (xy - x * y) / np.sqrt(np.where(constant, 1.0, variances)))
        return correlation


def neuron_correlations(encoder: Encoder, mouse: str, trials: Sequence[Trial]) -> Float[np.ndarray, " neuron"]:
    """Return, per neuron, the correlation of predicted rates with single-trial responses over all frames of the trials.

    Trials without responses are passed over. Raises ReverieError when a rate is not finite, and as ``predict`` does.
    """
    running = RunningCorrelation(encoder.require_mouse(mouse))
    for trial in trials:
        if trial.responses is None:
            continue
        rates = predict(encoder, trial.known_movie, trial.known_state, mouse)
        if not np.isfinite(rates).all():
            raise ReverieError(
                f"The rates predicted for {mouse} are no longer numbers; look for extreme responses with "
                "`reverie inspect`, or train with another --seed."
            )
        running.add(rates, np.asarray(trial.responses))
    return running.result()


def validation_correlation(encoder: Encoder, mouse: str, trials: Sequence[Trial]) -> float:
    """Return the mean over neurons of ``neuron_correlations``; constant neurons count as 0."""
    return float(neuron_correlations(encoder, mouse, trials).mean())


def hardly(animal: str, correlation: float) -> str | None:
    """Return a sentence where an encoder explains next to nothing of held-out responses, None where it does better."""
    if correlation >= HARDLY:
        return None
    return (
        f"{animal}: rates that correlate with held-out responses at {correlation:.3f} explain next to nothing, so that "
        "movies found with them mean nothing; see whether each movie belongs to its responses (order of trials, a lag, "
        "turned axes), and train for longer."
    )


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
        """What must be the same for an interrupted run to go on."""
        trials = {mouse: names_of(each) for mouse, each in self.training.items()}
        held_out = {mouse: names_of(each) for mouse, each in self.validation.items()}
        return {**asdict(self.settings), "training trials": trials, "validation trials": held_out}


def run_to_the_end(run: RunState, job: TrainingJob) -> None:
    """Take every step that is left, validating, logging and saving as the settings say."""
    settings = job.settings
    windows = Windows.of(run.encoder, job.training, settings, job.targets)
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
    """Return the mean of the latest losses; raises ReverieError when the training has run away."""
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


def resume(run: RunState, job: TrainingJob) -> None:
    """Put a run back where an interrupted one with the same settings and data stopped, if there is one."""
    if job.state_file.exists():
        load_state(run, job.state_file, job.identity)
