"""The start of a training: levels as the trials have them, receptive fields where the responses put them."""

import numpy as np
import pytest
import torch
from tests.training.toys import HEIGHT, WIDTH, toy_recording, trials_of

from reverie.encoders.compact import Compact, CompactConfig
from reverie.training.warm_start import find_places, mean_over_frames, warm_start

RECORDING = toy_recording(neurons=20, trials=10)
TRIALS = trials_of(RECORDING)


def fresh() -> Compact:
    torch.manual_seed(0)
    return Compact(CompactConfig(filter_size=5), {"toy": 20}, (HEIGHT, WIDTH))


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
