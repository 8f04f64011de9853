from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.signal import lfilter
from tests.reconstruction.toys import SpotEncoder, smooth_movie, trials_of

from reverie.foundation.errors import ReverieError
from reverie.reconstruction.dispersion import measure_dispersion
from reverie.reconstruction.objective import rates_in_pieces


@pytest.fixture(scope="module")
def encoder():
    return SpotEncoder(20, history=4)


def test_poisson_counts_have_none_to_speak_of(encoder):
    dispersion = measure_dispersion(encoder, "toy", trials_of(encoder, 40))
    assert dispersion.shape == (20,)
    assert np.median(dispersion) == pytest.approx(1.0, abs=0.08)


def noisy(encoder, trial, variance, memory, seed):
    rate = rates_in_pieces(encoder, torch.tensor(trial.movie), torch.tensor(trial.state), "toy").numpy()
    white = np.random.default_rng(seed).standard_normal((len(rate), trial.frames + 100))
    noise = lfilter([np.sqrt(1 - memory**2)], [1, -memory], white)[:, 100:]
    return replace(trial, responses=(rate + np.sqrt(variance * rate) * noise).astype(np.float32))


@pytest.mark.parametrize("memory", [0.0, 0.5])
def test_it_grows_with_the_noise_and_with_how_long_noise_lasts(encoder, memory):
    trials = [noisy(encoder, trial, 6.0, memory, seed) for seed, trial in enumerate(trials_of(encoder, 40))]
    expected = 6.0 * (1 + memory) / (1 - memory)
    assert np.median(measure_dispersion(encoder, "toy", trials)) == pytest.approx(expected, rel=0.12)


def test_it_is_in_the_units_of_the_responses(encoder):
    trials = [noisy(encoder, trial, 6.0, 0.0, seed) for seed, trial in enumerate(trials_of(encoder, 10))]
    before = measure_dispersion(encoder, "toy", trials)

    class Louder(SpotEncoder):
        def forward(self, movie, state, mouse):
            return 10 * super().forward(movie, state, mouse)

    louder = [replace(trial, responses=10 * trial.responses) for trial in trials]
    np.testing.assert_allclose(measure_dispersion(Louder(20, history=4), "toy", louder), 10 * before, rtol=1e-3)


def test_a_neuron_that_never_fired_gets_what_is_usual(encoder):
    trials = trials_of(encoder, 5)
    for trial in trials:
        trial.responses[3] = 0
    dispersion = measure_dispersion(encoder, "toy", trials)
    assert np.isfinite(dispersion).all()
    assert (dispersion > 0).all()


def test_no_trial_with_responses_is_refused(encoder):
    silent = [replace(trial, responses=None) for trial in trials_of(encoder, 1)]
    with pytest.raises(ReverieError, match="at least one trial with responses"):
        measure_dispersion(encoder, "toy", silent)


def test_rates_in_pieces_are_those_of_the_whole_clip(encoder):
    movie, state = torch.from_numpy(smooth_movie(230)), torch.ones(4, 230)
    with torch.no_grad():
        whole = encoder(movie[None], state[None], "toy")[0]
    torch.testing.assert_close(rates_in_pieces(encoder, movie, state, "toy"), whole)
