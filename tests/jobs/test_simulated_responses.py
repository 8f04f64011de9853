import numpy as np

from reverie.encoders.prediction import predict
from reverie.jobs.clip import Clip
from reverie.jobs.simulated_responses import measure_trial_noise, simulated_clips


def test_responses_are_drawn_around_the_rates_of_the_encoders(session):
    (folder,) = session.sources.encoders
    clip = Clip("mouse", session.recordings["mouse"].names("oracle")[0])
    trial = clip.read(session)
    drawn = list(simulated_clips(session, clip, 6))
    assert len({one.name for one in drawn}) == 6
    for one in drawn:
        np.testing.assert_array_equal(one.movie, trial.movie)
        assert one.responses.shape == trial.responses.shape
    rates = predict(session.encoders[folder], trial.movie, trial.state, "mouse")
    means = np.mean([one.responses for one in drawn], axis=(0, 2))
    assert np.corrcoef(means, rates.mean(axis=1))[0, 1] > 0.9
    assert not np.array_equal(drawn[0].responses, drawn[1].responses)


def test_the_same_seed_draws_the_same(session):
    clip = Clip("mouse", session.recordings["mouse"].names("oracle")[0])
    first, again = (next(simulated_clips(session, clip, 1)) for _ in range(2))
    np.testing.assert_array_equal(first.responses, again.responses)
    assert measure_trial_noise(session, "mouse") is measure_trial_noise(session, "mouse")
