import numpy as np
import pytest
import torch

from reverie.fitted.subject import Subject
from reverie.inversion.linear.samples import PictureComponents
from reverie.live import simulated_trials
from reverie.live.simulated_trials import TRANSFORMS, ResponseNoise, simulated_samples


@pytest.fixture(scope="module")
def subject(session):
    encoder = next(iter(session.encoders.values()))
    return Subject(session.recordings["mouse"], encoder)


def a_noise(scatter):
    """Noise of neurons whose responses are twice the rate, give or take ``scatter``."""
    generator = torch.Generator().manual_seed(0)
    rates = torch.rand((3, 4000), generator=generator).sort(dim=1).values
    return ResponseNoise(rates, 2 * rates + scatter * torch.randn(rates.shape, generator=generator))


def test_responses_are_as_large_and_as_noisy_as_recorded_at_that_rate():
    rates = np.repeat(np.array([[0.2, 0.5, 0.8]], dtype=np.float32).T, 3000, axis=1)
    drawn = a_noise(0.3).draw(rates, torch.Generator().manual_seed(1))
    np.testing.assert_allclose(drawn.mean(axis=1), [0.4, 1.0, 1.6], atol=0.15)
    np.testing.assert_allclose(drawn.std(axis=1), 0.3, atol=0.1)


def test_rates_out_of_range_get_the_outermost_responses():
    rates = np.repeat(np.array([[-5.0, 0.5, 9.0]], dtype=np.float32).T, 50, axis=1)
    drawn = a_noise(0.0).draw(rates, torch.Generator().manual_seed(1))
    assert drawn[0].max() < 0.1
    assert drawn[2].min() > 1.9


def components(trial):
    size = trial.known_movie.shape[1:]
    return PictureComponents(np.full(size, 127.0, np.float32), np.eye(size[0] * size[1], dtype=np.float32)[:5])


def test_simulated_trials_are_in_the_fold_of_the_trial_they_alter(subject):
    trials = subject.trials(subject.training)[:4]
    pictures = components(trials[0])
    samples = list(simulated_samples(subject, trials, [1, 0, 1, 0], pictures, 4))
    assert [sample.fold for sample in samples] == [0] * 2 * len(TRANSFORMS) + [1] * 2 * len(TRANSFORMS)
    first = samples[0]
    assert first.responses.shape == trials[1].responses.shape
    expected = pictures.encode(trials[1].known_movie[::4, :, ::-1].astype(np.float32))
    np.testing.assert_allclose(first.scores, expected, rtol=1e-5)


def test_where_enough_was_recorded_none_are_simulated(subject, monkeypatch):
    monkeypatch.setattr(simulated_trials, "MOST_FRAMES", 10)
    trials = subject.trials(subject.training)[:2]
    assert list(simulated_samples(subject, trials, [0, 1], components(trials[0]), 4)) == []
