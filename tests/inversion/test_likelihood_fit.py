from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.signal import lfilter
from tests.inversion.toys import SpotEncoder, smooth_movie, trials_of

from reverie.foundation.errors import ReverieError
from reverie.inversion.likelihood import EventLikelihood, GaussianLikelihood, JointLikelihood, PoissonLikelihood
from reverie.inversion.likelihood_fit import (
    fit_event_likelihood,
    fit_gaussian_likelihood,
    fit_likelihoods,
    fit_poisson_likelihood,
    has_constant_variance,
    kinds_of,
    mean_information,
)
from reverie.inversion.objective import rates_in_pieces


@pytest.fixture(scope="module")
def encoder():
    return SpotEncoder(20, history=4)


RATES = np.random.default_rng(0).gamma(2.0, 1.0, (30, 10, 300)).astype(np.float32)


def noisy(variance, memory, seed=0):
    white = np.random.default_rng(seed).standard_normal((*RATES.shape[:2], 400))
    noise = lfilter([np.sqrt(1 - memory**2)], [1, -memory], white)[..., 100:]
    return (RATES + np.sqrt(variance * RATES) * noise).astype(np.float32)


def test_poisson_counts_have_a_dispersion_of_one(encoder):
    rates = np.stack([_rates(encoder, trial) for trial in trials_of(encoder, 40)], 1)
    counts = np.random.default_rng(1).poisson(rates).astype(np.float32)
    assert np.median(fit_poisson_likelihood(rates, counts).dispersion) == pytest.approx(1.0, abs=0.05)


@pytest.mark.parametrize("memory", [0.0, 0.5])
def test_it_grows_with_the_noise_and_with_how_long_noise_lasts(memory):
    expected = 6.0 * (1 + memory) / (1 - memory)
    assert np.median(fit_poisson_likelihood(RATES, noisy(6.0, memory)).dispersion) == pytest.approx(expected, rel=0.12)


def test_it_is_in_the_units_of_the_responses():
    small, large = (
        fit_poisson_likelihood(RATES, noisy(6.0, 0.0)),
        fit_poisson_likelihood(10 * RATES, 10 * noisy(6.0, 0.0)),
    )
    np.testing.assert_allclose(large.dispersion, 10 * small.dispersion, rtol=1e-3)
    assert mean_information(large, 10 * RATES) == pytest.approx(mean_information(small, RATES), rel=1e-3)


def events(seed=0, frequency=0.4, tail=3.0):
    generator = np.random.default_rng(seed)
    sizes = generator.lognormal(0, tail, RATES.shape)
    present = generator.random(RATES.shape) < -np.expm1(-frequency * RATES)
    return np.where(present, sizes, 0.0).astype(np.float32)


def test_the_frequency_of_events_is_found_whatever_their_sizes():
    for tail in (0.1, 3.0):
        found = fit_event_likelihood(RATES, events(tail=tail))
        np.testing.assert_allclose(found.frequency, 0.4, rtol=0.1)
        assert np.median(found.dispersion) == pytest.approx(1.0, abs=0.05)


def test_the_kind_that_clearly_tells_more_is_taken(encoder, monkeypatch):
    rates = np.stack([_rates(encoder, trial) for trial in trials_of(encoder, 6)], 1)
    counts = np.random.default_rng(1).poisson(20 * rates) / 20
    frequent = [replace(t, responses=counts[:, n].astype(np.float32)) for n, t in enumerate(trials_of(encoder, 6))]
    assert isinstance(fit_likelihoods(encoder, "toy", frequent).find("measured"), JointLikelihood)
    spikes = np.random.default_rng(1).poisson(rates).astype(np.float32)
    whole = [replace(trial, responses=spikes[:, n]) for n, trial in enumerate(frequent)]
    assert isinstance(fit_likelihoods(encoder, "toy", whole).find("measured"), PoissonLikelihood)
    generator = np.random.default_rng(2)
    rare = generator.poisson(0.2 * rates) * generator.gamma(0.2, 25.0, rates.shape)
    sparse = [replace(t, responses=rare[:, n].astype(np.float32)) for n, t in enumerate(trials_of(encoder, 6))]
    assert isinstance(fit_likelihoods(encoder, "toy", sparse).find("measured"), EventLikelihood)
    told = {name: mean_information(one, rates) for name, one in fit_likelihoods(encoder, "toy", sparse).kinds.items()}
    barely = told["events"] / told["sizes"] * 1.01
    monkeypatch.setattr("reverie.inversion.likelihood_fit.EVENTS_ADVANTAGE", barely)
    assert isinstance(fit_likelihoods(encoder, "toy", sparse).find("measured"), JointLikelihood)


def with_trace_noise(rates, noise, seed=3):
    return (rates + noise * np.random.default_rng(seed).standard_normal(rates.shape)).astype(np.float32)


def test_the_variance_of_traces_is_that_of_their_residuals():
    white = with_trace_noise(RATES, 0.5)
    found = fit_gaussian_likelihood(RATES, white)
    assert np.median(found.variance) == pytest.approx(0.25, rel=0.05)
    assert np.median(found.dispersion) == pytest.approx(1.0, abs=0.05)
    lasting = fit_gaussian_likelihood(RATES, noisy(1.0, 0.5))
    assert np.median(lasting.dispersion) == pytest.approx(3.0, rel=0.12)


def test_likelihood_of_traces_is_chosen_by_their_variance(encoder):
    trials = trials_of(encoder, 6)
    rates = np.stack([_rates(encoder, trial) for trial in trials], 1)
    detector = with_trace_noise(rates, 0.3 * rates.mean())
    growing = with_trace_noise(rates, 0.5 * np.sqrt(rates * rates.mean()))
    for responses, kind, name in ((detector, GaussianLikelihood, "traces"), (growing, PoissonLikelihood, "sizes")):
        assert has_constant_variance(rates, responses) == (name == "traces")
        heard = [replace(trial, responses=responses[:, number]) for number, trial in enumerate(trials)]
        fits = fit_likelihoods(encoder, "toy", heard, kinds=kinds_of("traces"))
        assert fits.chosen == name
        assert isinstance(fits.find("measured"), kind)
        assert set(fits.kinds) == {"sizes", "traces"}


def _rates(encoder, trial):
    return rates_in_pieces(encoder, torch.tensor(trial.movie), torch.tensor(trial.state), "toy").numpy()


def test_neurons_that_never_or_always_fired_get_numbers_above_zero(encoder):
    trials = trials_of(encoder, 5)
    for trial in trials:
        trial.responses[3] = 0
        trial.responses[4] += 1
    rates, responses = (
        np.stack(each, 1) for each in zip(*((_rates(encoder, t), t.responses) for t in trials), strict=True)
    )
    for fit in (fit_poisson_likelihood, fit_event_likelihood, fit_gaussian_likelihood):
        noise = fit(rates, responses)
        for values in vars(noise).values():
            assert torch.isfinite(values).all()
            assert (values > 0).all()


def test_one_short_trial_does_not_cut_the_others(encoder):
    trials = trials_of(encoder, 5)
    short = replace(
        trials[0], movie=trials[0].movie[:9], state=trials[0].state[:, :9], responses=trials[0].responses[:, :9]
    )
    expected, found = (fit_likelihoods(encoder, "toy", each, skip=4) for each in (trials[1:], [short, *trials[1:]]))
    torch.testing.assert_close(found.find("sizes").dispersion, expected.find("sizes").dispersion)


def test_no_trial_with_responses_is_refused(encoder):
    silent = [replace(trial, responses=None) for trial in trials_of(encoder, 1)]
    with pytest.raises(ReverieError, match="at least one trial with responses"):
        fit_likelihoods(encoder, "toy", silent)


def test_rates_in_pieces_are_those_of_the_whole_clip(encoder):
    movie, state = torch.from_numpy(smooth_movie(230)), torch.ones(4, 230)
    with torch.no_grad():
        whole = encoder(movie[None], state[None], "toy")[0]
    torch.testing.assert_close(rates_in_pieces(encoder, movie, state, "toy"), whole)


def test_all_kinds_are_fitted_and_found_by_name(encoder):
    fits = fit_likelihoods(encoder, "toy", trials_of(encoder, 3))
    assert isinstance(fits.find("sizes"), PoissonLikelihood)
    assert isinstance(fits.find("events"), EventLikelihood)
    assert fits.find("measured") is fits.kinds[fits.chosen]
    assert replace(fits, chosen="both").single is fits.kinds["sizes"]
    assert replace(fits, chosen="events").single is fits.kinds["events"]
    with pytest.raises(ReverieError, match="no likelihood 'gaussian'; choose one of: measured, sizes, events"):
        fits.find("gaussian")


def test_kinds_that_are_not_asked_for_are_not_fitted(encoder):
    fits = fit_likelihoods(encoder, "toy", trials_of(encoder, 3), kinds={"events": fit_event_likelihood})
    assert set(fits.kinds) == {"events"}
    assert fits.chosen == "events"
