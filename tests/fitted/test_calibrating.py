import numpy as np
import pytest
from tests.worlds import describe_training, fitted_to, show_again

from reverie.fitted import calibrating
from reverie.fitted.calibrating import (
    CLIPS,
    VALIDATION,
    calibration_trials,
    candidates,
    errors_of,
    fit_calibration,
    fit_followed_weights,
    fit_weights,
    held_out_ridge,
    held_out_ridges,
)
from reverie.fitted.fitting import fit
from reverie.fitted.solving import solve_trial
from reverie.foundation.files import write_npz
from reverie.inversion.linear.ridge import RidgeSettings
from reverie.inversion.linear.ridge_fit import fit_ridge
from reverie.inversion.methods.combined import Combined
from reverie.inversion.methods.map import Map
from reverie.inversion.methods.weighing import Moments, choose_weights, worth_following
from reverie.inversion.priors import scenes
from reverie.scoring.rule import frames_to_skip, scored_region


@pytest.fixture
def fitted(tiny_world, quick_masks):
    describe_training(tiny_world, ["0", "1", "2", "3"], ["5", "6"])
    return fit(fitted_to(tiny_world), ["mask", "prior", "likelihood", "ridge"])


def test_weights_are_those_that_are_best_on_validation_trials(fitted):
    scored, measured = slice(frames_to_skip(48), None), {}
    for kind in candidates(fitted.likelihood.kinds, fitted.subject.recording.response_kind):
        measured[kind] = []
        for name in ("5", "6"):
            trial = fitted.subject.recording.trial(name)
            probable = solve_trial(fitted, trial, Map(draws=0, likelihood=kind)).movie
            movies = (
                movie[scored].reshape(-1, 12 * 16)
                for movie in (probable, fitted.ridge.decode(trial.responses), trial.movie)
            )
            measured[kind].append(Moments.of(*movies))
    found = fit_weights(fitted)
    expected = choose_weights(measured)
    assert found.likelihood == expected.likelihood
    assert found.share == pytest.approx(expected.share, abs=1e-5)
    assert 0 <= found.share <= 1


def test_weights_of_bands_come_nearer_to_those_trials_than_the_plain_ones(fitted):
    weights = fit(fitted, ["weights"]).weights
    assert weights.bands is not None
    skip, errors = frames_to_skip(48), {}
    for name in ("5", "6"):
        trial = fitted.subject.recording.trial(name)
        probable = solve_trial(fitted, trial, Map(draws=0, likelihood=weights.likelihood)).movie
        linear = fitted.ridge.decode(trial.responses)
        plain = weights.share * probable + (1 - weights.share) * linear
        blend = weights.bands.blend(probable, linear, fitted.prior.mean.numpy(), fitted.subject.recording.frame_rate)
        for kind, movie in (("plain", plain), ("bands", blend)):
            wrong = np.square(movie[skip:] - trial.movie[skip:])[:, scored_region(fitted.mask)].sum()
            errors[kind] = errors.get(kind, 0) + wrong
    assert errors["bands"] < errors["plain"]


def test_followed_the_same_clips_are_judged(fitted, monkeypatch):
    monkeypatch.setattr(calibrating, "FEWEST_TO_FOLLOW", 2)
    monkeypatch.setattr(scenes, "NARROWEST", 4)  # the world's frames are small
    fit(fitted, ["scenes", "weights"])
    weights, found = fitted.weights, fit_followed_weights(fitted)
    assert found.likelihood == weights.likelihood
    # A different movie is found where scenes could be learned, of the same clips: neither error is far from the other.
    assert fitted.scenes.scenes is not None
    assert found.error != weights.error
    assert found.error == pytest.approx(weights.error, rel=0.5)


def test_of_two_validation_clips_nothing_is_concluded(fitted, monkeypatch, capsys):
    monkeypatch.setattr(scenes, "NARROWEST", 4)
    fit(fitted, ["scenes", "weights"])
    assert np.isnan(fit_followed_weights(fitted).error)
    assert (
        "alpha has 2 validation movies, too few to tell whether following the camera helps" in capsys.readouterr().err
    )


def test_showings_of_one_movie_count_once(tiny_world, quick_masks, capsys):
    show_again(tiny_world, "alpha", "5", like="6")
    describe_training(tiny_world, ["0", "1", "2", "3"], ["5", "6"])
    fitted = fit(fitted_to(tiny_world), ["mask", "prior", "scenes", "likelihood", "ridge", "weights"])
    assert np.isnan(fit_followed_weights(fitted).error)
    assert "alpha has 1 validation movie, too few" in capsys.readouterr().err


def test_without_scenes_nothing_is_followed(tiny_world, fitted, monkeypatch):
    monkeypatch.setattr(calibrating, "FEWEST_TO_FOLLOW", 2)
    fit(fitted, ["scenes", "weights"])
    write_npz(fitted.place("scenes"), fitted.prior.to_arrays())
    found = fit_followed_weights(fitted_to(tiny_world))
    assert np.isnan(found.error)
    assert not worth_following(fitted.weights, found)


def test_they_are_kept(tiny_world, fitted):
    weights = fit(fitted, ["weights"]).weights
    assert fitted_to(tiny_world).weights == weights


def test_without_validation_trials_the_usual_weights_are_taken(tiny_world, fitted, monkeypatch):
    monkeypatch.setitem(vars(fitted.subject), "validation", ())
    found = fit_weights(fitted)
    assert (found.likelihood, found.share) == ("both", 0.5)
    assert np.isnan(found.error)


def chosen(world):
    return calibration_trials(fitted_to(world).subject)


def test_validation_trials_come_first_and_training_trials_fill_up(tiny_world):
    describe_training(tiny_world, ["1", "2", "3"], ["4", "5", "6"])
    assert chosen(tiny_world) == ["4", "5", "6", "1", "2", "3"]


def test_movies_are_taken_once(tiny_world):
    describe_training(tiny_world, ["4", "1"], ["4", "4"])
    assert chosen(tiny_world) == ["4", "1"]
    show_again(tiny_world, "alpha", "1", like="4")
    assert chosen(tiny_world) == ["4"]


def test_no_more_are_taken_than_help(tiny_world, monkeypatch):
    monkeypatch.setattr("reverie.fitted.calibrating.VALIDATION", 2)
    monkeypatch.setattr("reverie.fitted.calibrating.CLIPS", 4)
    describe_training(tiny_world, ["0", "1", "2"], ["3", "4", "5", "6"])
    assert chosen(tiny_world) == ["3", "6", "0", "2"]
    assert VALIDATION < CLIPS


def test_one_movie_teaches_nothing_and_that_is_kept(tiny_world, quick_masks):
    describe_training(tiny_world, ["1", "1"], ["1"])
    fitted = fit(fitted_to(tiny_world), ["calibration"])
    assert fitted.calibration is None
    again = fitted_to(tiny_world)
    assert again.has("calibration")
    assert again.calibration is None


def test_a_calibration_holds_the_errors_of_the_clips_it_was_learned_on(tiny_world, quick_masks):
    describe_training(tiny_world, ["1", "2"], ["4", "6"])
    fitted = fit(fitted_to(tiny_world), ["calibration"])
    kept = fitted_to(tiny_world).calibration
    assert kept.clips == ("4", "6", "1", "2")
    assert 0 < kept.half_widths[0] < kept.half_widths[1] <= kept.half_widths[2]
    errors = np.concatenate([errors_of(fitted, name, Map()) for name in kept.clips])
    assert len(errors) == 4 * (48 - frames_to_skip(48)) * 12 * 16
    assert (errors <= kept.factor).mean() == pytest.approx(0.6827, abs=1e-3)


@pytest.fixture
def with_ridge(tiny_world, quick_masks):
    """All that a calibration is made from, of an encoder trained on four trials."""
    describe_training(tiny_world, ["0", "1", "2", "3"], ["4", "6"])
    return fit(fitted_to(tiny_world), ["followed_weights"])


def test_the_linear_decoder_is_judged_on_trials_it_has_not_learned_from(with_ridge):
    subject, names = with_ridge.subject, ["4", "6", "0", "3"]
    held_out = held_out_ridge(with_ridge, names)
    chosen = with_ridge.ridge.features
    settings = RidgeSettings(powers=(chosen.power,), lags=(chosen.lags,))
    direct = fit_ridge("alpha", subject.trials(["1", "2"]), settings)
    responses = subject.recording.trial("6").responses
    np.testing.assert_array_equal(held_out.decode(responses), direct.decode(responses))
    assert not np.allclose(held_out.decode(responses), with_ridge.ridge.decode(responses))


def test_other_trials_of_the_same_movie_teach_it_nothing_either(tiny_world, quick_masks):
    show_again(tiny_world, "alpha", "1", like="0")
    describe_training(tiny_world, ["0", "1", "2", "3"], ["4", "6"])
    fitted = fit(fitted_to(tiny_world), ["ridge"])
    responses = fitted.subject.recording.trial("6").responses
    found, other = (held_out_ridge(fitted, names).decode(responses) for names in (["4", "0"], ["4", "0", "1"]))
    np.testing.assert_array_equal(found, other)


def test_where_too_few_trials_are_left_it_stays_as_it_is(with_ridge):
    assert held_out_ridge(with_ridge, ["0", "1", "2"]) is with_ridge.ridge


def test_the_combined_movie_has_errors_of_its_own(with_ridge):
    calibrated = fit_calibration(with_ridge, Combined())
    assert calibrated.clips == ("4", "6", "0", "1", "2", "3")
    ridges = held_out_ridges(with_ridge, calibrated.clips)
    errors = np.concatenate([errors_of(with_ridge, name, Combined(), ridges[name]) for name in calibrated.clips])
    assert (errors <= calibrated.factor).mean() == pytest.approx(0.6827, abs=1e-3)
    assert not np.allclose(errors_of(with_ridge, "6", Map()), errors_of(with_ridge, "6", Combined(), ridges["6"]))


def test_where_the_clips_are_most_training_movies_each_is_judged_by_what_other_clips_taught(with_ridge):
    names = ["4", "6", "0", "1", "2", "3"]
    ridges = held_out_ridges(with_ridge, names)
    responses = with_ridge.subject.recording.trial("6").responses
    for part in (["4", "1"], ["6", "2"], ["0", "3"]):
        expected = held_out_ridge(with_ridge, part).decode(responses)
        assert not np.allclose(expected, with_ridge.ridge.decode(responses))
        for name in part:
            np.testing.assert_array_equal(ridges[name].decode(responses), expected)


def test_where_half_of_the_training_movies_are_left_they_teach_one_decoder(with_ridge):
    ridges = held_out_ridges(with_ridge, ["4", "6", "0", "3"])
    assert len({id(ridge) for ridge in ridges.values()}) == 1
