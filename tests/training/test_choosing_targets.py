"""Sizes are learned from where they tell, events where sizes are noise."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch
from tests.training.toys import HEIGHT, WIDTH, toy_recording, trials_of

from reverie.encoders.compact import Compact, CompactConfig
from reverie.encoders.linear_nonlinear import LinearNonlinear, LinearNonlinearConfig
from reverie.recordings.trial import Trial
from reverie.training.choosing_targets import best_target

TRIALS = trials_of(toy_recording(neurons=20, trials=10))


def fresh() -> Compact:
    torch.manual_seed(0)
    return Compact(CompactConfig(filter_size=5), {"toy": 20}, (HEIGHT, WIDTH))


def with_sizes(trials: list[Trial], draw: Callable[[np.ndarray], np.ndarray]) -> list[Trial]:
    """The same trials with responses drawn from the recorded ones."""
    return [replace(trial, responses=draw(trial.responses).astype(np.float32)) for trial in trials]


def test_sizes_that_are_noise_are_not_learned_from() -> None:
    generator = np.random.default_rng(0)

    def long_tailed(rates: np.ndarray) -> np.ndarray:
        happens = generator.random(rates.shape) < 1 - np.exp(-0.3 * rates)
        return np.asarray(happens * generator.standard_gamma(0.1, rates.shape))

    assert best_target(fresh(), with_sizes(TRIALS, long_tailed)) == "events"


def test_sizes_that_tell_more_than_events_are_learned_from() -> None:
    assert best_target(fresh(), TRIALS) == "sizes"


def test_encoders_without_probes_learn_from_sizes() -> None:
    encoder = LinearNonlinear(LinearNonlinearConfig(), {"toy": 20}, (HEIGHT, WIDTH))
    assert best_target(encoder, TRIALS) == "sizes"
