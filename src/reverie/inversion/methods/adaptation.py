"""Teaching a trained encoder to predict compressed responses: a short training that begins with its weights."""

import copy
from collections.abc import Sequence
from dataclasses import replace

from reverie.encoders.contract import Encoder
from reverie.foundation.errors import ReverieError
from reverie.foundation.progress import tracked
from reverie.inversion.linear.response_features import compress
from reverie.recordings.trial import Trial
from reverie.training.batches import Windows
from reverie.training.loop import checked_loss
from reverie.training.settings import TrainingSettings
from reverie.training.step import new_run, take_step
from reverie.training.warm_start import start_levels

ADAPTATION = TrainingSettings(steps=400, learning_rate=2e-2, warm_up=20)
"""Fewer steps than a training takes: what neurons look for is known, only how they respond is not."""


def compressed(trial: Trial, power: float) -> Trial:
    """Return the same trial with its responses raised to a power (see ``compress``)."""
    return trial if trial.responses is None else replace(trial, responses=compress(trial.responses, power))


def compressed_trials(trials: Sequence[Trial], power: float) -> list[Trial]:
    """Return all trials with compressed responses; the movies stay where they are, the responses are in memory."""
    return [compressed(trial, power) for trial in trials]


def adapt(encoder: Encoder, mouse: str, trials: Sequence[Trial], settings: TrainingSettings = ADAPTATION) -> Encoder:
    """Return a copy of an encoder that predicts the trials' responses, whatever their unit, as well as its own.

    Its readout starts from the new mean rates; all weights, the shared ones too, then follow the one animal. The same
    trials and settings give the same bits on a CPU.
    Raises ReverieError when the encoder has no readout for the animal, takes no mean rates, or the loss runs away.
    """
    encoder.require_mouse(mouse)
    adapted = copy.deepcopy(encoder).train().requires_grad_(True)
    if not start_levels(adapted, mouse, trials):
        raise ReverieError(
            f"An encoder of the kind {type(encoder).__name__} cannot be adapted to other units of response; "
            "use one that starts from mean rates, such as compact."
        )
    run = new_run(adapted, settings)
    windows = Windows.of(adapted, {mouse: trials}, settings)
    steps = tracked(range(settings.steps), settings.steps, f"adapting the encoder to {mouse}")
    losses = [take_step(run, windows, settings, None) for _ in steps]
    checked_loss(losses, settings.steps)
    return run.averaged.eval().requires_grad_(False)
