import numpy as np
import pytest

from reverie.fitted.subject import Subject
from reverie.inversion.linear.ridge import RidgeSettings
from reverie.inversion.linear.ridge_fit import fit_ridge
from reverie.live import fitting
from reverie.live.fitting import causal_lags, fit_causal
from reverie.scoring.correlation import video_correlation

SETTINGS = RidgeSettings(powers=(0.0,), lags=causal_lags(6)[:1], kernels=(False,), components=(100,))


@pytest.fixture(scope="module")
def subject(session):
    encoder = next(iter(session.encoders.values()))
    return Subject(session.recordings["mouse"], encoder)


def score(decoder, subject):
    trials = [subject.recording.trial(name) for name in subject.validation]
    pairs = [(decoder.decode(trial.responses)[15:], trial.known_movie[15:]) for trial in trials]
    return np.mean([video_correlation(found, truth) for found, truth in pairs])


def test_what_the_encoder_knows_of_the_neurons_makes_up_for_few_trials(subject):
    few = subject.trials(subject.training)[:4]
    alone, taught = fit_ridge("mouse", few, SETTINGS), fit_causal(subject, few, SETTINGS)
    assert taught.chosen["explained"] > alone.chosen["explained"]
    assert score(taught, subject) > score(alone, subject) + 0.02


def test_an_encoder_that_knows_nothing_teaches_nothing(subject, monkeypatch):
    def noise(subject, trial, movie):
        return np.random.default_rng(0).random(trial.responses.shape, dtype=np.float32)

    monkeypatch.setattr("reverie.live.simulated_trials.rates_of", noise)
    trials = subject.trials(subject.training)
    found, alone = fit_causal(subject, trials, SETTINGS), fit_ridge("mouse", trials, SETTINGS)
    np.testing.assert_array_equal(found.weights, alone.weights)


def test_where_there_are_too_many_features_no_trial_is_simulated(subject, monkeypatch):
    monkeypatch.setattr(fitting, "AFFORDABLE", 10)
    trials = subject.trials(subject.training)
    found, alone = fit_causal(subject, trials, SETTINGS), fit_ridge("mouse", trials, SETTINGS)
    np.testing.assert_array_equal(found.weights, alone.weights)
