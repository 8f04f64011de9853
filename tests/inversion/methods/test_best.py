"""The best decoder: an adapted encoder's most probable movie, weighed against the linear one on validation trials."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from tests.inversion.linear.toys import toy_trials

from reverie.encoders.compact import Compact, CompactConfig
from reverie.encoders.contract import Encoder
from reverie.encoders.prediction import predict
from reverie.foundation.errors import ReverieError
from reverie.inversion.likelihood import EventLikelihood
from reverie.inversion.linear.files import load_decoder, save_decoder
from reverie.inversion.linear.ridge import RidgeSettings
from reverie.inversion.linear.ridge_fit import fit_ridge
from reverie.inversion.methods.adaptation import adapt, compressed_trials
from reverie.inversion.methods.best import best_share, fit_best
from reverie.inversion.priors.gaussian import fit_prior
from reverie.scoring.correlation import video_correlation
from reverie.training.settings import TrainingSettings
from reverie.training.warm_start import warm_start

pytestmark = pytest.mark.slow

TRIALS = toy_trials(neurons=80, trials=16)
LEARNT, JUDGED, HELD_OUT = TRIALS[:12], TRIALS[12:14], TRIALS[14:]
MASK = np.full((12, 16), 1.2, np.float32)
SHORT = TrainingSettings(steps=40, learning_rate=0.02, warm_up=5)


@pytest.fixture(scope="module")
def encoder():
    torch.manual_seed(0)
    encoder = Compact(CompactConfig(filters=8, features=8, filter_size=5), {"toy": 80}, (12, 16))
    warm_start(encoder, {"toy": LEARNT})
    return encoder.eval()


@pytest.fixture(scope="module")
def decoder(encoder):
    ridge = fit_ridge("toy", LEARNT, RidgeSettings(powers=(0.5,), lags=((0, 2, 4),), every=2, components=(60,)))
    return fit_best(encoder, ridge, fit_prior(LEARNT), MASK, LEARNT, JUDGED, SHORT)


def test_of_bare_events_the_unit_of_rates_does_not_count():
    """An encoder of responses fifty times as large reads the same movie from whether there was one."""
    found = []
    for factor in (1, 50):
        seen = [replace(trial, responses=factor * trial.responses) for trial in TRIALS]
        torch.manual_seed(0)
        encoder = Compact(CompactConfig(filters=8, features=8, filter_size=5), {"toy": 80}, (12, 16))
        warm_start(encoder, {"toy": seen[:12]})
        ridge = fit_ridge("toy", seen[:12], RidgeSettings(powers=(0.0,), lags=((0, 2, 4),), every=2, components=(60,)))
        # Without validation trials: how the most probable movie is weighed against ridge's does not change it.
        decoder = fit_best(encoder.eval(), ridge, fit_prior(LEARNT), MASK, seen[:12], [], None)
        assert isinstance(decoder.likelihood, EventLikelihood)
        found.append(decoder.most_probable(seen[14].responses, seen[14].state).movie)
    assert video_correlation(*found) > 0.98


def mean_correlation(decode, trials):
    return np.mean([video_correlation(decode(trial), trial.movie) for trial in trials])


def test_it_is_better_than_either_on_the_trials_it_was_weighed_on(decoder):
    def error(share):
        weighed = replace(decoder, share=share)
        movies = [(weighed.estimate(trial.responses, trial.state)[0], trial.movie) for trial in JUDGED]
        return np.mean([np.square(found - truth).mean() for found, truth in movies])

    assert 0 <= decoder.share <= 1
    assert error(decoder.share) <= min(error(share) for share in (0.0, 1.0))


def test_held_out_movies_are_found_and_shuffled_neurons_find_nothing(decoder):
    assert mean_correlation(lambda trial: decoder.decode(trial.responses, trial.state), HELD_OUT) > 0.5
    order = np.random.default_rng(0).permutation(80)
    assert abs(mean_correlation(lambda trial: decoder.decode(trial.responses[order], trial.state), HELD_OUT)) < 0.15


def test_passes_are_those_of_the_search(decoder):
    trial = HELD_OUT[0]
    movie, passes = decoder.decode_counted(trial.responses, trial.state)
    assert np.array_equal(movie, decoder.decode(trial.responses, trial.state))
    assert passes == decoder.most_probable(trial.responses, trial.state).passes > 0
    assert decoder.ridge.decode_counted(trial.responses)[1] == 0


def test_the_error_told_is_that_of_the_weighed_movies(decoder):
    share, error = best_share(decoder, MASK, JUDGED)
    weighed = replace(decoder, share=share)
    movies = [(weighed.estimate(trial.responses, trial.state)[0], trial.movie) for trial in JUDGED]
    assert error == pytest.approx(
        sum(np.square(found - truth).sum(dtype=np.float64) for found, truth in movies), rel=1e-3
    )


def test_an_encoder_that_adapting_would_spoil_stays_as_it_was(encoder):
    good = adapt(encoder, "toy", LEARNT, SHORT)
    ridge = fit_ridge("toy", LEARNT, RidgeSettings(powers=(1.0,), lags=((0, 2, 4),), every=2, components=(60,)))
    spoiling = TrainingSettings(steps=8, learning_rate=0.5, warm_up=1)
    kept = fit_best(good, ridge, fit_prior(LEARNT), MASK, LEARNT, JUDGED, spoiling).encoder.state_dict()
    assert all(torch.equal(kept[name], weight) for name, weight in good.state_dict().items())


def test_without_validation_trials_both_count_the_same(decoder):
    assert best_share(decoder, MASK, []) == (0.5, 0.0)


def test_saved_and_loaded_it_decodes_to_the_same_bits(decoder, tmp_path):
    save_decoder(decoder, tmp_path)
    again = load_decoder(tmp_path)
    trial = HELD_OUT[0]
    assert again.config() == decoder.config()
    assert np.array_equal(again.decode(trial.responses, trial.state), decoder.decode(trial.responses, trial.state))


def test_the_state_is_needed(decoder):
    with pytest.raises(ReverieError, match="needs the animal's state"):
        decoder.decode(HELD_OUT[0].responses)


def test_an_encoder_is_adapted_to_other_units_and_the_given_one_stays(encoder):
    before = {name: tensor.clone() for name, tensor in encoder.state_dict().items()}
    events = compressed_trials(LEARNT, 0.0)
    adapted = adapt(encoder, "toy", events, SHORT)
    assert all(torch.equal(tensor, before[name]) for name, tensor in encoder.state_dict().items())
    trial = HELD_OUT[0]
    rates, seen = predict(adapted, trial.movie, trial.state, "toy"), trial.responses > 0
    assert rates.mean() == pytest.approx(seen.mean(), rel=0.2)
    again = adapt(encoder, "toy", events, SHORT)
    assert all(torch.equal(tensor, again.state_dict()[name]) for name, tensor in adapted.state_dict().items())


def test_an_encoder_without_mean_rates_cannot_be_adapted():
    class Constant(Encoder):
        def forward(self, movie, state, mouse):
            return torch.ones(len(movie), 80, movie.shape[1])

    encoder = Constant({"toy": 80}, (12, 16))
    with pytest.raises(ReverieError, match="cannot be adapted"):
        adapt(encoder, "toy", LEARNT, SHORT)


def test_an_encoder_that_needs_no_adapting_is_used_as_it_is(encoder, decoder):
    found = fit_best(encoder, decoder.ridge, decoder.prior, MASK, LEARNT, JUDGED, adaptation=None)
    own = encoder.state_dict()
    assert all(torch.equal(weights, own[name]) for name, weights in found.encoder.state_dict().items())
    assert mean_correlation(lambda trial: found.decode(trial.responses, trial.state), HELD_OUT) > 0.4
