from dataclasses import replace

import numpy as np
import pytest
import torch
from tests.worlds import fitted_to

from reverie.fitted.fitting import fit
from reverie.fitted.solving import observe, plan_of, prior_for, problem_of_trial, search_trial, solve_trial
from reverie.foundation.errors import ReverieError
from reverie.foundation.files import write_npz
from reverie.inversion.methods.bands import BandWeights, band_parts
from reverie.inversion.methods.combined import DEFAULT_FOLLOWS, Combined
from reverie.inversion.methods.map import Map
from reverie.inversion.methods.paper import Paper
from reverie.inversion.methods.ridge import Ridge
from reverie.inversion.methods.weighing import Weights


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


@pytest.mark.parametrize(("learned", "levels"), [("sizes", None), ("events", 2)])
def test_the_published_loss_compares_rates_with_what_the_encoder_learned_from(tiny_world, learned, levels):
    fitted = fitted_to(tiny_world)
    fitted.subject.encoder.about["training_settings"] = {"learn_from": learned}
    fit(fitted, ["likelihood", "prior"])
    assert fitted.missing(["target"]) == (["target"] if learned == "events" else [])
    fit(fitted, ["target"])
    trial = fitted.subject.recording.trial("6")
    np.testing.assert_array_equal(observe(fitted, trial, Map()).responses, trial.responses)
    explained = observe(fitted, trial, Paper()).responses.numpy()
    np.testing.assert_array_equal(explained > 0, trial.responses > 0)
    if levels is None:
        np.testing.assert_array_equal(explained, trial.responses)
    else:
        assert all(len(np.unique(row)) <= levels for row in explained)


def probable_of(fitted, trial):
    """The most probable movie that `combined` starts with, searched for from ridge's."""
    linear = fitted.ridge.decode(trial.responses)
    return search_trial(fitted, trial, Combined().searches("sizes", 0), linear, 0.5)[-1].movie


@pytest.fixture
def fitted_with_ridge(tiny_world, quick_masks):
    """All but the calibrations; of the combined movie the most probable one has 3/4, and 1/4 once followed."""
    fitted_with_ridge = fit(fitted_to(tiny_world), ["mask", "prior", "scenes", "likelihood", "ridge"])
    write_npz(fitted_with_ridge.place("weights"), Weights("sizes", 0.75, 100.0).to_arrays())
    write_npz(fitted_with_ridge.place("followed_weights"), Weights("sizes", 0.25, 99.5).to_arrays())
    return fitted_with_ridge


@pytest.fixture
def trial(fitted_with_ridge):
    return fitted_with_ridge.subject.recording.trial("6")


def test_ridge_is_its_decoder(fitted_with_ridge, trial):
    found = solve_trial(fitted_with_ridge, trial, Ridge())
    np.testing.assert_array_equal(found.movie, fitted_with_ridge.ridge.decode(trial.responses))
    assert found.passes == 0


def test_the_combined_movie_weighs_the_other_two(fitted_with_ridge, trial):
    probable, linear = probable_of(fitted_with_ridge, trial), solve_trial(fitted_with_ridge, trial, Ridge()).movie
    found = solve_trial(fitted_with_ridge, trial, Combined(calibrated=False))
    np.testing.assert_allclose(found.movie, 0.75 * probable + 0.25 * linear, atol=1e-3)
    assert solve_trial(fitted_with_ridge, trial, Combined(calibrated=False, follow=0)).passes == found.passes
    asked_for = solve_trial(fitted_with_ridge, trial, Combined(calibrated=False, map_share=0.0)).movie
    np.testing.assert_allclose(asked_for, linear, atol=1e-3)


def test_measured_bands_have_their_own_weights(fitted_with_ridge, trial, tiny_world):
    # All of the slow bands is ridge's, all of the fast ones the most probable movie's.
    bands = BandWeights((0.0,) * 8 + (1.0,) * 8, (1.0,) * 8 + (0.0,) * 8)
    write_npz(fitted_with_ridge.place("weights"), Weights("sizes", 0.75, 100.0, bands).to_arrays())
    again = fitted_to(tiny_world)
    probable, linear = probable_of(again, trial), solve_trial(again, trial, Ridge()).movie
    found = solve_trial(again, trial, Combined(calibrated=False)).movie
    centre, rate = again.prior.mean.numpy(), again.subject.recording.frame_rate
    np.testing.assert_allclose(found, bands.blend(probable, linear, centre, rate).clip(0, 255), atol=1e-3)
    slow, fast = (list(band_parts(movie - centre, rate)) for movie in (linear, probable))
    np.testing.assert_allclose(found, (centre + sum(slow[:8]) + sum(fast[8:])).clip(0, 255), atol=1e-2)
    asked_for = solve_trial(again, trial, Combined(calibrated=False, map_share=0.5)).movie
    np.testing.assert_allclose(asked_for, (probable + linear) / 2, atol=1e-3)


def test_the_camera_is_followed_where_that_is_worthwhile_or_asked_for(fitted_with_ridge, trial, tiny_world):
    """Validation errors decide: 99.5 instead of 100 do not pay, 90 do."""
    assert plan_of(Combined(), fitted_with_ridge) == (Combined().searches("sizes", 0), 0.75)
    assert plan_of(Combined(follow=1), fitted_with_ridge) == (Combined().searches("sizes", 1), 0.25)
    write_npz(fitted_with_ridge.place("followed_weights"), Weights("sizes", 0.25, 90.0).to_arrays())
    again = fitted_to(tiny_world)
    assert plan_of(Combined(), again) == (Combined().searches("sizes", DEFAULT_FOLLOWS), 0.25)
    assert plan_of(Combined(map_share=0.6), again)[1] == 0.6
    assert plan_of(Combined(follow=0), again) == (Combined().searches("sizes", 0), 0.75)
    followed, still = (solve_trial(again, trial, Combined(calibrated=False, follow=times)) for times in (1, 0))
    assert followed.passes > still.passes
    assert [line.step for line in followed.trace] == list(range(1, len(followed.trace) + 1))


def test_the_published_method_moves_pixels_of_the_mask_it_is_given(fitted_with_ridge, trial):
    half = np.zeros((12, 16), np.float32)
    half[:6] = 1.0
    whole, upper = (solve_trial(fitted_with_ridge, trial, Paper(steps=3), mask=mask).movie for mask in (None, half))
    assert whole[:, 6:].std() > 0
    assert (upper[:, 6:] == 127.5).all()
    assert upper[:, :6].std() > 0


def test_missing_responses_and_parts_are_named(tiny_world, fitted_with_ridge, trial):
    with pytest.raises(ReverieError, match="has no responses"):
        solve_trial(fitted_with_ridge, fitted_with_ridge.subject.recording.trial("7"), Combined())
    bare = fitted_to(tiny_world, seed=1)
    for method, part in ((Paper(), "mask"), (Map(), "likelihood"), (Combined(), "weights"), (Ridge(), "ridge")):
        with pytest.raises(ReverieError, match=f"The {part} of alpha was not fitted"):
            solve_trial(bare, trial, method)
