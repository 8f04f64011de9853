from dataclasses import replace

import numpy as np
import pytest
import torch
from tests.worlds import fitted_to

from reverie.fitted.fitting import fit
from reverie.fitted.problems import beginning_of, observe, prior_for, problem_of_trial
from reverie.foundation.errors import ReverieError
from reverie.inversion.methods.map import Map
from reverie.inversion.methods.paper import Paper


@pytest.fixture
def fitted(tiny_world):
    return fit(fitted_to(tiny_world), ("prior", "likelihood"))


def test_a_trial_is_one_observation_of_its_own_responses(fitted):
    trial = fitted.subject.recording.trial("6")
    problem = problem_of_trial(fitted, trial, Map())
    (seen,) = problem.observations
    assert seen.mouse == "alpha"
    np.testing.assert_array_equal(seen.responses, trial.responses)
    np.testing.assert_array_equal(seen.state, trial.state)
    assert problem.prior is fitted.prior


def test_likelihood_and_prior_are_for_those_who_ask(fitted):
    trial = fitted.subject.recording.trial("6")
    problem = problem_of_trial(fitted, trial, Paper())
    assert problem.prior is None
    assert problem.observations[0].likelihood is None
    assert prior_for([fitted], Paper()) is None


@pytest.mark.parametrize("kind", ["sizes", "events"])
def test_the_likelihood_is_the_one_the_method_names(fitted, kind):
    seen = observe(fitted, fitted.subject.recording.trial("6"), Map(likelihood=kind))
    torch.testing.assert_close(seen.likelihood.dispersion, fitted.likelihood.find(kind).dispersion)


def test_encoders_that_share_a_trial_s_responses_count_them_once(fitted):
    trial = fitted.subject.recording.trial("6")
    alone, shared = (observe(fitted, trial, Map(), shared_by=count).likelihood for count in (1, 3))
    torch.testing.assert_close(shared.dispersion, 3 * alone.dispersion)


def test_a_signal_that_was_not_recorded_is_a_constant_to_the_encoder(fitted):
    trial = fitted.subject.recording.trial("6")
    state = trial.state.copy()
    state[2] = np.nan
    seen = observe(fitted, replace(trial, state=state), Map()).state.numpy()
    np.testing.assert_array_equal(seen[[0, 1, 3]], trial.state[[0, 1, 3]])
    assert np.ptp(seen[2]) == 0


def test_other_responses_may_be_explained(fitted):
    trial = fitted.subject.recording.trial("7")
    with pytest.raises(ReverieError, match=r"Trial 7 of alpha .* has no responses"):
        observe(fitted, trial, Map())
    given = np.full((20, 48), 2.0, np.float32)
    assert (observe(fitted, trial, Map(), given).responses == 2).all()


def test_only_the_beginning_of_a_trial_is_cut_out(fitted):
    trial = fitted.subject.recording.trial("6")
    short = beginning_of(trial, 30)
    np.testing.assert_array_equal(short.movie, trial.movie[:30])
    np.testing.assert_array_equal(short.state, trial.state[:, :30])
    np.testing.assert_array_equal(short.responses, trial.responses[:, :30])
    assert beginning_of(trial, 1000).frames == 48
    assert beginning_of(fitted.subject.recording.trial("7"), 30).responses is None
    assert beginning_of(replace(trial, movie=None), 30).frames == 30
