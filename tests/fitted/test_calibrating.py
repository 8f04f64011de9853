import numpy as np
import pytest
from tests.worlds import describe_training, fitted_to, show_again

from reverie.fitted import calibrating
from reverie.fitted.calibrating import (
    AVERAGED_PAIRS,
    CALIBRATION_CLIPS,
    VALIDATION_CLIPS,
    calibration_trials,
    candidates,
    errors_of,
    fit_followed_weights,
    fit_weights,
)
from reverie.fitted.fitting import fit
from reverie.fitted.solving import search_trial, solve_trial
from reverie.foundation.files import write_npz
from reverie.inversion.methods.bands import BANDS, BandMoments
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
    kinds = candidates(fitted.likelihood.kinds, fitted.subject.recording.response_kind)
    expected = choose_weights({kind: moments_of(fitted, *Combined().searches(kind, 0)) for kind in kinds})
    found = fit_weights(fitted)
    assert found.likelihood == expected.likelihood
    assert found.share == pytest.approx(expected.share, abs=1e-5)
    assert found.error == pytest.approx(expected.error, rel=1e-4)
    assert 0 <= found.share <= 1


def moments_of(fitted, search):
    """Moments of both validation trials, of movies that are searched for from ridge's."""
    moments, scored = [], slice(frames_to_skip(48), None)
    for name in ("5", "6"):
        trial = fitted.subject.recording.trial(name)
        linear = fitted.ridge.decode(trial.responses)
        movies = search_trial(fitted, trial, [search], linear, 0.5)[-1].movie, linear, trial.movie
        moments.append(Moments.of(*(movie[scored].reshape(-1, 12 * 16) for movie in movies)))
    return moments


def test_likelihoods_are_averaged_where_that_lowers_every_error(fitted, monkeypatch):
    usual = fit_weights(fitted)
    assert usual.averaged_over == 0  # two clips are too few to tell
    monkeypatch.setattr(calibrating, "FEWEST_TO_AVERAGE", 2)
    before, after = (
        moments_of(fitted, *Combined().searches(usual.likelihood, 0, averaged_over=pairs)) for pairs in (0, 2)
    )
    better = [two.error(usual.share) < one.error(usual.share) for one, two in zip(before, after, strict=True)]
    assert fit_weights(fitted).averaged_over == (2 if all(better) else 0)
    # Where nothing is averaged, no error is lower.
    monkeypatch.setattr(calibrating, "AVERAGED_PAIRS", 0)
    assert fit_weights(fitted) == usual


@pytest.mark.parametrize(("errors", "pairs"), [((9.0, 9.0), AVERAGED_PAIRS), ((9.0, 10.0), 0)])
def test_one_clip_that_does_not_improve_is_enough_against_averaging(fitted, monkeypatch, errors, pairs):
    def clips(_, tried, *__):
        averaged = any(search.averaged_over for searches in tried.values() for search in searches)
        for error in errors if averaged else (10.0, 10.0):
            bands = BandMoments(np.eye(2 * BANDS), np.ones(2 * BANDS))
            yield dict.fromkeys(tried, (Moments(0.0, 0.0, error), bands))

    monkeypatch.setattr(calibrating, "FEWEST_TO_AVERAGE", 2)
    monkeypatch.setattr(calibrating, "_clips", clips)
    assert fit_weights(fitted).averaged_over == pairs


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
    assert (found.likelihood, found.averaged_over) == (weights.likelihood, weights.averaged_over)
    # A different movie is found where scenes could be learned, of the same clips: neither error is far from the other.
    assert fitted.scenes.scenes is not None
    assert found.error != weights.error
    assert found.error == pytest.approx(weights.error, rel=0.5)


def test_two_validation_clips_decide_nothing(fitted, monkeypatch, capsys):
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
    monkeypatch.setattr("reverie.fitted.calibrating.VALIDATION_CLIPS", 2)
    monkeypatch.setattr("reverie.fitted.calibrating.CALIBRATION_CLIPS", 4)
    describe_training(tiny_world, ["0", "1", "2"], ["3", "4", "5", "6"])
    assert chosen(tiny_world) == ["3", "6", "0", "2"]
    assert VALIDATION_CLIPS < CALIBRATION_CLIPS


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
    errors = np.concatenate([errors_of(fitted, name) for name in kept.clips])
    assert len(errors) == 4 * (48 - frames_to_skip(48)) * 12 * 16
    assert (errors <= kept.factor).mean() == pytest.approx(0.6827, abs=1e-3)
