"""The kernel decoder: what likeness means, and when it is taken instead of the linear one."""

from dataclasses import replace

import numpy as np
import pytest
from tests.inversion.linear.toys import linear_trials

from reverie.inversion.linear import kernel
from reverie.inversion.linear.files import load_decoder, save_decoder
from reverie.inversion.linear.kernel import KernelFeatures
from reverie.inversion.linear.response_features import ResponseFeatures
from reverie.inversion.linear.ridge import RidgeSettings
from reverie.inversion.linear.ridge_fit import fit_ridge
from reverie.inversion.linear.samples import Sample

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
    monkeypatch.setattr(kernel, "AXES", 1000)
    samples = samples_of(trials[:4])
    features = ResponseFeatures.of((one.responses for one in samples), 1.0, (0,))
    seen = KernelFeatures.of(samples, features, 1)
    likeness = seen(samples[0].responses)
    assert likeness.shape == (60, 240)
    np.testing.assert_allclose(np.diag(likeness), 1, atol=1e-4)
    points = np.concatenate([features(one.responses) for one in samples]).astype(np.float64)
    squares = np.square(points[:60, None] - points).sum(axis=2)
    usual = 2 * points.var(axis=0).sum()
    np.testing.assert_allclose(likeness, np.exp(-squares / (kernel.WIDTH * usual)), atol=1e-3)


def test_centres_are_few_and_evenly_placed(trials, monkeypatch):
    monkeypatch.setattr(kernel, "CENTRES", 100)
    samples = samples_of(trials[:4])
    features = ResponseFeatures.of((one.responses for one in samples), 1.0, (0,))
    seen = KernelFeatures.of(samples, features, 1)
    assert seen.count == 80
    every_third = np.concatenate([features(one.responses) for one in samples])[::3] @ seen.axes
    np.testing.assert_allclose(seen.centres, every_third, atol=1e-4)
