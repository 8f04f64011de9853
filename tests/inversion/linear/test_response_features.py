"""Where in time a feature looks, and how responses are scaled."""

import numpy as np
import pytest

from reverie.inversion.linear.response_features import ResponseFeatures


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
