"""Targets: sizes as they are, their roots, or events, both of which keep each neuron's mean."""

from dataclasses import replace

import numpy as np
import pytest
from tests.training.toys import toy_recording, trials_of

from reverie.training.targets import TARGETS, sizes

TRIALS = trials_of(toy_recording(neurons=6, trials=4))
SPARSE = [replace(trial, responses=np.where(trial.responses > 1.5, trial.responses, 0)) for trial in TRIALS]


def test_sizes_stay_as_recorded() -> None:
    assert TARGETS["sizes"](TRIALS)(TRIALS[0].responses) is TRIALS[0].responses
    assert sizes(TRIALS[1].responses) is TRIALS[1].responses


def test_events_keep_the_mean_of_each_neuron_and_lose_the_sizes() -> None:
    target = TARGETS["events"](SPARSE)
    recorded = np.concatenate([trial.responses for trial in SPARSE], axis=1)
    learned = np.concatenate([target(trial.responses) for trial in SPARSE], axis=1)
    assert learned.mean(1) == pytest.approx(recorded.mean(1), rel=1e-4)
    assert np.array_equal(learned > 0, recorded > 0)
    for row in learned:
        assert len(np.unique(row[row > 0])) == 1
    assert len(np.unique(recorded[0][recorded[0] > 0])) > 1


def test_roots_keep_the_mean_of_each_neuron_and_halve_the_log_of_ratios() -> None:
    target = TARGETS["roots"](SPARSE)
    recorded = np.concatenate([trial.responses for trial in SPARSE], axis=1)
    learned = np.concatenate([target(trial.responses) for trial in SPARSE], axis=1)
    assert learned.mean(1) == pytest.approx(recorded.mean(1), rel=1e-4)
    for row, root in zip(recorded, learned, strict=True):
        there = row > 0
        assert root[~there].max(initial=0) == 0
        assert root[there] / root.max() == pytest.approx(np.sqrt(row[there] / row.max()), rel=1e-4)


@pytest.mark.parametrize("kind", ["events", "roots"])
def test_neurons_that_never_respond_stay_silent(kind: str) -> None:
    silent = replace(TRIALS[0], responses=0 * TRIALS[0].responses)
    target = TARGETS[kind]([silent])
    assert np.all(target(silent.responses) == 0)
    assert np.all(target(TRIALS[0].responses) == 0)
