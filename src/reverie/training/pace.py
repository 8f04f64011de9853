"""How long training takes here, and how many steps that allows."""

import copy
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace

import torch

from reverie.encoders.contract import Encoder
from reverie.recordings.trial import Trial
from reverie.training.batches import Windows
from reverie.training.loop import new_run
from reverie.training.settings import TrainingSettings
from reverie.training.step import take_step

VALIDATIONS = 8
"""How often a run is validated, and its state kept; they cost a little time each."""

FEWEST_STEPS = 50
"""Fewer steps than this teach nothing, however short the time."""


def seconds_per_step(
    encoder: Encoder,
    trials: Mapping[str, Sequence[Trial]],
    settings: TrainingSettings,
    device: torch.device,
    *,
    tried: int = 6,
) -> float:
    """Time a few steps of a copy of the encoder on this machine; the first two warm it up and do not count."""
    trial_run = new_run(copy.deepcopy(encoder).to(device).train(), settings)
    windows = Windows.of(encoder, trials, settings)
    times = []
    for _ in range(tried):
        start = time.perf_counter()
        take_step(trial_run, windows, settings, None).item()
        times.append(time.perf_counter() - start)
    return sorted(times[2:])[len(times[2:]) // 2]


def fit_to_time(settings: TrainingSettings, minutes: float, seconds_a_step: float) -> TrainingSettings:
    """Return the settings with as many steps as the time allows, but no more than they ask for.

    >>> fit_to_time(TrainingSettings(steps=10_000), 10.0, 0.5).steps
    1200
    """
    steps = max(FEWEST_STEPS, min(settings.steps, int(60 * minutes / seconds_a_step)))
    return replace(settings, steps=steps, warm_up=min(settings.warm_up, steps // 10), validate_every=spaced(steps))


def spaced(steps: int) -> int:
    """Return how many steps lie between two of the ``VALIDATIONS``."""
    return max(1, -(-steps // VALIDATIONS))
