import numpy as np
import pytest
from tests.worlds import fitted_to, show_again

from reverie.fitted.subject import Subject
from reverie.foundation.fingerprints import digest
from reverie.inversion.linear.ridge import RidgeDecoder, RidgeSettings
from reverie.inversion.linear.ridge_fit import fit_ridge
from reverie.live import fitting
from reverie.live.fitting import causal_lags, fit_causal, fit_live
from reverie.recordings.contents import movie_digest
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


def test_simulated_trials_make_up_for_few_recorded_ones(subject):
    few = subject.trials(subject.training)[:4]
    alone, taught = fit_ridge("mouse", few, SETTINGS), fit_causal(subject, few, SETTINGS)
    assert taught.chosen["explained"] > alone.chosen["explained"]
    assert score(taught, subject) > score(alone, subject) + 0.02


def check_nothing_is_taught(subject):
    trials = subject.trials(subject.training)
    found, alone = fit_causal(subject, trials, SETTINGS), fit_ridge("mouse", trials, SETTINGS)
    np.testing.assert_array_equal(found.weights, alone.weights)


def test_an_encoder_that_knows_nothing_teaches_nothing(subject, monkeypatch):
    def noise(subject, trial, movie):
        return np.random.default_rng(0).random(trial.responses.shape, dtype=np.float32)

    monkeypatch.setattr("reverie.live.simulated_trials.rates_of", noise)
    check_nothing_is_taught(subject)


def test_where_there_are_too_many_features_no_trial_is_simulated(subject, monkeypatch):
    monkeypatch.setattr(fitting, "MOST_FEATURES", 10)
    check_nothing_is_taught(subject)


def test_errors_without_validation_trials_are_measured_on_held_out_movies(tiny_world, quick_masks, monkeypatch):
    show_again(tiny_world, "alpha", "1", like="0")
    learned, judged = [], []

    def recorded(subject, trials, settings):
        learned.append(list(trials.keys))
        return fit_ridge(subject.animal, trials, settings)

    def decode(self, responses):
        judged.append(digest(responses))
        return found(self, responses)

    found = RidgeDecoder.decode
    monkeypatch.setattr(fitting, "fit_causal", recorded)
    monkeypatch.setattr(RidgeDecoder, "decode", decode)
    monkeypatch.setattr(Subject, "validation", ())
    fit_live(fitted_to(tiny_world), 3)
    recording = fitted_to(tiny_world).subject.recording
    kept_back = [name for name in learned[0] if digest(recording.trial(name).responses) in judged]
    assert kept_back
    shown = [{movie_digest(recording, name) for name in names} for names in (kept_back, learned[1])]
    assert not shown[0] & shown[1]
