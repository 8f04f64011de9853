"""Trials whose responses are compressed, for encoders and likelihoods that should not follow the size of responses."""

from collections.abc import Sequence
from dataclasses import replace

from reverie.inversion.linear.response_features import compress
from reverie.recordings.trial import Trial


def compressed(trial: Trial, power: float) -> Trial:
    """Return the same trial with its responses raised to a power (see ``compress``)."""
    return trial if trial.responses is None else replace(trial, responses=compress(trial.responses, power))


def compressed_trials(trials: Sequence[Trial], power: float) -> list[Trial]:
    """Return all trials with compressed responses; the movies stay where they are, the responses are in memory."""
    return [compressed(trial, power) for trial in trials]
