"""Targets: sizes as they are, their roots, or events, both of which keep each neuron's mean."""

from dataclasses import replace

import numpy as np
import pytest
from tests.training.toys import toy_recording, trials_of

from reverie.foundation.errors import ReverieError
from reverie.training.targets import find_target, sizes, target_from_arrays, target_to_arrays

TRIALS = trials_of(toy_recording(neurons=6, trials=4))
SPARSE = [replace(trial, responses=np.where(trial.responses > 1.5, trial.responses, 0)) for trial in TRIALS]


def test_sizes_stay_as_recorded() -> None:
    assert find_target("sizes", TRIALS)(TRIALS[0].responses) is TRIALS[0].responses
    assert sizes(TRIALS[1].responses) is TRIALS[1].responses


def test_events_keep_the_mean_of_each_neuron_and_lose_the_sizes() -> None:
    target = find_target("events", SPARSE)
    recorded = np.concatenate([trial.responses for trial in SPARSE], axis=1)
    learned = np.concatenate([target(trial.responses) for trial in SPARSE], axis=1)
    assert learned.mean(1) == pytest.approx(recorded.mean(1), rel=1e-4)
    assert np.array_equal(learned > 0, recorded > 0)
    for row in learned:
        assert len(np.unique(row[row > 0])) == 1
    assert len(np.unique(recorded[0][recorded[0] > 0])) > 1


def test_roots_keep_the_mean_of_each_neuron_and_halve_the_log_of_ratios() -> None:
    target = find_target("roots", SPARSE)
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
    target = find_target(kind, [silent])
    assert np.all(target(silent.responses) == 0)
    assert np.all(target(TRIALS[0].responses) == 0)


@pytest.mark.parametrize("kind", ["sizes", "events", "roots"])
def test_a_target_that_was_kept_gives_the_same_numbers(kind: str) -> None:
    kept = target_from_arrays(target_to_arrays(kind, SPARSE))
    np.testing.assert_array_equal(kept(TRIALS[0].responses), find_target(kind, SPARSE)(TRIALS[0].responses))


def test_an_unknown_target_is_named_with_those_there_are() -> None:
    with pytest.raises(ReverieError, match="cannot have learned from 'spikes', only from: sizes, roots, events"):
        find_target("spikes", TRIALS)
