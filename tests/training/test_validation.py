"""Validation: the correlation per neuron, over all frames of all trials."""

import numpy as np
import pytest
import torch
from tests.training.toys import HEIGHT, WIDTH, toy_recording

from reverie.encoders.linear_nonlinear import LinearNonlinear, LinearNonlinearConfig
from reverie.encoders.prediction import predict
from reverie.foundation.errors import ReverieError
from reverie.training.validation import RunningCorrelation, neuron_correlations, validation_correlation


def test_in_pieces_it_equals_numpy() -> None:
    generator = np.random.default_rng(0)
    first = generator.standard_normal((5, 90)) + 1000
    second = 0.5 * first + generator.standard_normal((5, 90))
    running = RunningCorrelation(5)
    for part in np.split(np.arange(90), [20, 50]):
        running.add(first[:, part], second[:, part])
    expected = [np.corrcoef(a, b)[0, 1] for a, b in zip(first, second, strict=True)]
    assert running.result() == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("level", [0.0, 0.1, 1e6])
def test_a_constant_neuron_counts_as_zero(level: float) -> None:
    running = RunningCorrelation(1)
    for _ in range(3):
        running.add(np.full((1, 7), level, dtype=np.float32), np.random.default_rng(0).random((1, 7)))
    assert running.result().tolist() == [0.0]


def test_an_encoder_is_scored_against_single_trials() -> None:
    recording = toy_recording(trials=3, frames=60)
    torch.manual_seed(0)
    encoder = LinearNonlinear(LinearNonlinearConfig(pooling=4), {"toy": recording.neurons}, (HEIGHT, WIDTH))
    with torch.no_grad():
        encoder.readouts[0].space.normal_()
    trials = [recording.trial(name) for name in ("0", "1")]
    rates = np.concatenate([predict(encoder, trial.movie, trial.state, "toy") for trial in trials], axis=1)
    responses = np.concatenate([trial.responses for trial in trials], axis=1)
    expected = [np.corrcoef(a, b)[0, 1] for a, b in zip(rates, responses, strict=True)]
    assert neuron_correlations(encoder, "toy", trials) == pytest.approx(expected, abs=1e-5)
    assert validation_correlation(encoder, "toy", trials) == pytest.approx(np.mean(expected), abs=1e-5)


def test_rates_that_are_no_numbers_are_one_sentence() -> None:
    recording = toy_recording(trials=1, frames=40)
    encoder = LinearNonlinear(LinearNonlinearConfig(), {"toy": recording.neurons}, (HEIGHT, WIDTH))
    with torch.no_grad():
        encoder.readouts[0].bias.fill_(float("nan"))
    with pytest.raises(ReverieError, match="no longer numbers"):
        validation_correlation(encoder, "toy", [recording.trial("0")])
