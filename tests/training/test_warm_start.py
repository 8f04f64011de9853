"""The start of a training: levels as the trials have them, receptive fields where the responses put them."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from tests.training.toys import HEIGHT, WIDTH, toy_recording, trials_of

from reverie.encoders.compact import Compact, CompactConfig
from reverie.foundation.errors import ReverieError
from reverie.recordings.trial import Trial
from reverie.training.targets import sizes
from reverie.training.warm_start import (
    BIN,
    explained_by_points,
    find_places,
    first_trials,
    mean_over_frames,
    warm_start,
)

RECORDING = toy_recording(neurons=20, trials=10)
TRIALS = trials_of(RECORDING)
TWO = trials_of(toy_recording(neurons=2, trials=8))
"""Trials of two neurons, whose responses are replaced."""


def fresh(neurons: int = 20) -> Compact:
    torch.manual_seed(0)
    return Compact(CompactConfig(filter_size=5), {"toy": neurons}, (HEIGHT, WIDTH))


def test_receptive_fields_are_found_from_responses() -> None:
    truth = np.random.default_rng(100)  # as in toy_recording
    rows, columns = truth.uniform(2, HEIGHT - 3, 20), truth.uniform(2, WIDTH - 3, 20)
    encoder = fresh()
    found = np.stack(np.unravel_index(find_places(encoder, TRIALS), encoder.grid)) * 2 + 0.5
    error = np.hypot(found[0] - rows, found[1] - columns)
    # A grid point is two pixels from the next.
    assert np.median(error) < 2
    assert error.max() < 4


def test_silent_neurons_get_some_place() -> None:
    silent = [type(trial)(**{**trial.__dict__, "responses": 0 * trial.responses}) for trial in TRIALS[:2]]
    places = find_places(fresh(), silent)
    assert places.shape == (20,)


def test_means_weigh_every_frame_the_same() -> None:
    series = [np.array([[1.0, 2, 3]], dtype=np.float32), np.array([[10.0]], dtype=np.float32)]
    assert mean_over_frames(series).tolist() == [4.0]


def test_an_encoder_starts_at_the_mean_rates_and_the_usual_state() -> None:
    encoder = fresh()
    warm_start(encoder, {"toy": TRIALS})
    responses = np.concatenate([trial.responses for trial in TRIALS], axis=1)
    state = np.concatenate([trial.state for trial in TRIALS], axis=1)
    readout, gain = encoder.readouts[0], encoder.gains[0]
    assert readout.mean_rates.numpy() == pytest.approx(responses.mean(axis=1), rel=1e-4)
    assert gain.mean.numpy() == pytest.approx(state.mean(axis=1), rel=1e-4)
    assert gain.deviation.numpy() == pytest.approx(state.std(axis=1), rel=1e-3)


def following(trial: Trial, encoder: Compact, probe: int, places: tuple[int, int]) -> Trial:
    """The same trial with neurons that follow one probe at two places."""
    seen = encoder.probe(torch.from_numpy(trial.movie))[:, list(places), probe]
    return replace(trial, responses=(5 + seen.T).numpy().astype(np.float32))


def test_a_neuron_that_follows_a_probe_is_explained_best_there() -> None:
    encoder, places = fresh(2), (10, 37)
    trials = [following(trial, encoder, 3, places) for trial in TWO]
    explained, variance = explained_by_points(encoder, trials, sizes)
    for neuron, place in enumerate(places):
        assert np.unravel_index(int(explained[..., neuron].argmax()), explained.shape[:2]) == (3, place)
    binned = [trial.responses.reshape(2, -1, BIN).mean(2) for trial in trials]
    together = np.concatenate(binned, axis=1)
    assert variance.numpy() == pytest.approx(together.var(1) * together.shape[1], rel=1e-3)


def test_silence_has_nothing_to_explain() -> None:
    silent = [replace(trial, responses=0 * trial.responses) for trial in TWO]
    explained, variance = explained_by_points(fresh(2), silent, sizes)
    assert not explained.any()
    assert not variance.any()


def test_trials_are_taken_until_there_are_enough_frames() -> None:
    assert len(first_trials(TWO, 121)) == 2
    assert len(first_trials(TWO, 10**6)) == len(TWO)


def test_an_animal_that_never_answers_is_named() -> None:
    silent = [replace(trial, responses=np.zeros_like(trial.responses)) for trial in TRIALS]
    with pytest.raises(ReverieError, match="All responses of toy are 0 in every training trial"):
        warm_start(fresh(), {"toy": silent})
