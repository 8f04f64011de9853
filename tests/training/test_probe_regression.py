"""What probes explain: all of a response that is one of them, at its place; nothing of silence."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from tests.training.toys import HEIGHT, WIDTH, toy_recording, trials_of

from reverie.encoders.compact import Compact, CompactConfig
from reverie.recordings.trial import Trial
from reverie.training.probe_regression import BIN, explained_by_points, first_trials
from reverie.training.targets import sizes

TRIALS = trials_of(toy_recording(neurons=2, trials=8))


def fresh() -> Compact:
    torch.manual_seed(0)
    return Compact(CompactConfig(filter_size=5), {"toy": 2}, (HEIGHT, WIDTH))


def following(trial: Trial, encoder: Compact, probe: int, places: tuple[int, int]) -> Trial:
    """The same trial with neurons that follow one probe at two places."""
    seen = encoder.probe(torch.from_numpy(trial.movie))[:, list(places), probe]
    return replace(trial, responses=(5 + seen.T).numpy().astype(np.float32))


def test_a_neuron_that_follows_a_probe_is_explained_best_there() -> None:
    encoder, places = fresh(), (10, 37)
    trials = [following(trial, encoder, 3, places) for trial in TRIALS]
    explained, variance = explained_by_points(encoder, trials, sizes)
    for neuron, place in enumerate(places):
        assert np.unravel_index(int(explained[..., neuron].argmax()), explained.shape[:2]) == (3, place)
    binned = [trial.responses.reshape(2, -1, BIN).mean(2) for trial in trials]
    together = np.concatenate(binned, axis=1)
    assert variance.numpy() == pytest.approx(together.var(1) * together.shape[1], rel=1e-3)


def test_silence_has_nothing_to_explain() -> None:
    silent = [replace(trial, responses=0 * trial.responses) for trial in TRIALS]
    explained, variance = explained_by_points(fresh(), silent, sizes)
    assert not explained.any()
    assert not variance.any()


def test_trials_are_taken_until_there_are_enough_frames() -> None:
    assert len(first_trials(TRIALS, 121)) == 2
    assert len(first_trials(TRIALS, 10**6)) == len(TRIALS)
