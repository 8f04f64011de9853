"""Where in time a feature looks, and how responses are scaled.

The kernel decoder: what likeness means, and when it is taken instead of the linear one.
"""

from dataclasses import replace

import numpy as np
import pytest
from tests.inversion.linear.toys import linear_trials

from reverie.inversion.linear import response_features
from reverie.inversion.linear.response_features import KernelFeatures, ResponseFeatures
from reverie.inversion.linear.ridge import RidgeSettings, load_decoder, save_decoder
from reverie.inversion.linear.ridge_fit import fit_ridge
from reverie.inversion.linear.samples import Sample


def features_of(lags, power=1.0):
    return ResponseFeatures(power, lags, np.zeros(1, np.float32), np.ones(1, np.float32))


def test_a_positive_lag_looks_at_later_responses():
    responses = np.zeros((1, 41), np.float32)
    responses[0, 20] = 1
    seen = features_of((-2, 3, 8))(responses)
    assert seen.shape == (41, 3)
    # The response at frame 20 is what frames 22, 17 and 12 see most of, at lags -2, 3 and 8.
    assert seen.argmax(axis=0).tolist() == [22, 17, 12]
    assert seen.sum(axis=0) == pytest.approx(1)


def test_one_lag_is_that_frame_alone():
    responses = np.arange(5, dtype=np.float32)[None]
    assert features_of((1,))(responses)[:, 0].tolist() == [1, 2, 3, 4, 0]


def test_features_are_centred_and_scaled():
    generator = np.random.default_rng(0)
    trials = [generator.gamma(1.0, 5.0, (7, 500)).astype(np.float32) for _ in range(3)]
    features = ResponseFeatures.of(trials, 0.5, (0,))
    seen = np.concatenate([features(one) for one in trials])
    assert seen.mean(axis=0) == pytest.approx(0, abs=1e-4)
    assert seen.std(axis=0) == pytest.approx(1, abs=1e-4)


def test_features_of_one_neuron_lie_together():
    features = ResponseFeatures(1.0, (0, 1), np.zeros(2, np.float32), np.ones(2, np.float32))
    responses = np.array([[1, 1, 1, 1], [5, 5, 5, 5]], np.float32)
    assert features(responses)[2].tolist() == [1, 1, 5, 5]


@pytest.mark.parametrize(("frames", "every"), [(40, 4), (37, 3), (5, 2), (6, 9)])
def test_some_frames_have_the_features_they_have_among_all(frames, every):
    responses = np.random.default_rng(0).exponential(size=(3, frames)).astype(np.float32)
    features = ResponseFeatures.of([responses], 0.5, (-4, 2, 8))
    np.testing.assert_allclose(features(responses, every), features(responses)[::every], atol=1e-5)


SETTINGS = RidgeSettings(powers=(1.0,), lags=((0,),), every=1, components=(20,))


def normalised(trials, neurons=12):
    """Replace responses by those of rectified neurons that all divide by their common mean."""
    generator = np.random.default_rng(5)
    readers = generator.normal(0, 1, (neurons, len(trials[0].responses)))
    made = []
    for trial in trials:
        drive = np.maximum(readers @ (trial.responses - 1), 0)
        made.append(replace(trial, responses=(drive / (0.3 + drive.mean(axis=0))).astype(np.float32)))
    return made


@pytest.fixture(scope="module")
def trials():
    return normalised(linear_trials(neurons=4, trials=14, frames=60)[0])


@pytest.fixture(scope="module")
def decoder(trials):
    return fit_ridge("toy", trials[:-2], SETTINGS)


def error(decoder, trials):
    return np.mean([np.square(decoder.decode(trial.responses) - trial.movie).mean() for trial in trials])


def test_a_population_that_normalises_is_read_by_likeness(trials, decoder):
    linear = fit_ridge("toy", trials[:-2], replace(SETTINGS, kernels=(False,)))
    assert decoder.kernel is not None
    assert linear.kernel is None
    assert decoder.chosen["explained"] > linear.chosen["explained"]
    assert error(decoder, trials[-2:]) < 0.8 * error(linear, trials[-2:])
    assert np.array_equal(decoder.weights, linear.weights)


def test_a_linear_population_is_read_linearly():
    assert fit_ridge("toy", linear_trials()[0], SETTINGS).kernel is None


def test_saved_and_loaded_it_decodes_to_the_same_bits(trials, decoder, tmp_path):
    save_decoder(decoder, tmp_path)
    again = load_decoder(tmp_path)
    assert again.config() == decoder.config()
    assert np.array_equal(again.decode(trials[-1].responses), decoder.decode(trials[-1].responses))


def samples_of(trials):
    """The samples of trials whose pictures do not matter."""
    return [Sample(trial.responses, np.zeros((trial.frames, 1), np.float32), 0) for trial in trials]


def test_likeness_is_one_at_a_centre_and_falls_as_a_gaussian_of_the_distance(trials, monkeypatch):
    monkeypatch.setattr(response_features, "AXES", 1000)
    samples = samples_of(trials[:4])
    features = ResponseFeatures.of((one.responses for one in samples), 1.0, (0,))
    seen = KernelFeatures.of(samples, features, 1)
    likeness = seen(samples[0].responses)
    assert likeness.shape == (60, 240)
    np.testing.assert_allclose(np.diag(likeness), 1, atol=1e-4)
    points = np.concatenate([features(one.responses) for one in samples]).astype(np.float64)
    squares = np.square(points[:60, None] - points).sum(axis=2)
    usual = 2 * points.var(axis=0).sum()
    np.testing.assert_allclose(likeness, np.exp(-squares / (response_features.WIDTH * usual)), atol=1e-3)


def test_centres_are_few_and_evenly_placed(trials, monkeypatch):
    monkeypatch.setattr(response_features, "CENTRES", 100)
    samples = samples_of(trials[:4])
    features = ResponseFeatures.of((one.responses for one in samples), 1.0, (0,))
    seen = KernelFeatures.of(samples, features, 1)
    assert seen.count == 80
    every_third = np.concatenate([features(one.responses) for one in samples])[::3] @ seen.axes
    np.testing.assert_allclose(seen.centres, every_third, atol=1e-4)
