import numpy as np
import pytest
from tests.worlds import describe_training, fitted_to, show_again

from reverie.fitted.fitting import fit
from reverie.fitted.learning_errors import fit_errors, held_out_ridges, ridge_without
from reverie.fitted.solving import SHORT_CLIP, finish, plan_of, search_trial
from reverie.inversion.linear.ridge import RidgeSettings
from reverie.inversion.linear.ridge_fit import fit_ridge
from reverie.inversion.methods.combined import Combined
from reverie.scoring.calibration import LEVELS, coverage
from reverie.scoring.rule import frames_to_skip, scored_region


@pytest.fixture
def with_ridge(tiny_world, quick_masks):
    """All that errors are learned from, of an encoder trained on four trials."""
    describe_training(tiny_world, ["0", "1", "2", "3"], ["4", "6"])
    return fit(fitted_to(tiny_world), ["followed_weights"])


def test_the_linear_decoder_is_judged_on_trials_it_has_not_learned_from(with_ridge):
    subject = with_ridge.subject
    held_out = ridge_without(with_ridge, ["0", "3"])
    chosen = with_ridge.ridge.features
    settings = RidgeSettings(powers=(chosen.power,), lags=(chosen.lags,))
    direct = fit_ridge("alpha", subject.trials(["1", "2"]), settings)
    responses = subject.recording.trial("6").responses
    np.testing.assert_array_equal(held_out.decode(responses), direct.decode(responses))
    assert not np.allclose(held_out.decode(responses), with_ridge.ridge.decode(responses))


@pytest.mark.parametrize("way", ["a copy", "in other light", "a frame later"])
def test_other_trials_of_the_same_movie_or_nearly_so_teach_it_nothing_either(tiny_world, quick_masks, way):
    show_again(tiny_world, "alpha", "1", like="0")
    path = tiny_world.data / "alpha/data/videos/1.npy"
    movie = np.load(path)
    if way == "in other light":
        np.save(path, 0.9 * movie + np.random.default_rng(0).normal(5, 3, movie.shape))
    elif way == "a frame later":
        np.save(path, np.roll(movie, 1, axis=-1))
    describe_training(tiny_world, ["0", "1", "2", "3"], ["4", "6"])
    fitted = fit(fitted_to(tiny_world), ["ridge"])
    responses = fitted.subject.recording.trial("6").responses
    found, other = held_out_ridges(fitted, ["4", "0"])["0"], ridge_without(fitted, ["0", "1"])
    np.testing.assert_array_equal(found.decode(responses), other.decode(responses))


def test_where_too_few_trials_are_left_only_copies_are_left_out(with_ridge, monkeypatch):
    assert ridge_without(with_ridge, ["0", "1", "2"]) is None
    monkeypatch.setattr("reverie.fitted.learning_errors.NEARLY_SAME", -2.0)  # all movies count as nearly the same
    responses = with_ridge.subject.recording.trial("6").responses
    found = held_out_ridges(with_ridge, ["0"])["0"].decode(responses)
    np.testing.assert_array_equal(found, ridge_without(with_ridge, ["0"]).decode(responses))


def test_where_too_few_trials_are_left_without_copies_it_stays_as_it_is(tiny_world, quick_masks):
    for name in ("1", "2"):
        show_again(tiny_world, "alpha", name, like="0")
    describe_training(tiny_world, ["0", "1", "2", "3"], ["4", "6"])
    fitted = fit(fitted_to(tiny_world), ["ridge"])
    assert held_out_ridges(fitted, ["4", "0"])["0"] is fitted.ridge


def test_trials_are_left_out_few_at_a_time_and_those_never_learned_from_not_at_all(with_ridge):
    found = held_out_ridges(with_ridge, ["4", "0", "2"])
    assert found["4"] is with_ridge.ridge
    responses = with_ridge.subject.recording.trial("6").responses
    for name in ("0", "2"):
        expected = ridge_without(with_ridge, [name]).decode(responses)
        np.testing.assert_array_equal(found[name].decode(responses), expected)


def test_errors_are_those_of_movies_that_nothing_was_learned_from(with_ridge):
    names = ("4", "6", "0", "1", "2", "3")
    learned = fit(with_ridge, ["errors"]).errors
    assert learned.calibration.clips == names
    ridges, ratios = held_out_ridges(with_ridge, names), []
    for name in names:
        trial = with_ridge.subject.recording.trial(name, stop=SHORT_CLIP)
        linear, (searches, share) = ridges[name].decode(trial.responses), plan_of(Combined(), with_ridge)
        searched = search_trial(with_ridge, trial, searches, linear, share)
        found = finish(Combined(), [with_ridge], searched, linear)
        scored = slice(frames_to_skip(len(found.movie)), None)
        errors = np.abs(found.movie - trial.movie) / found.std
        ratios.append(errors[scored][:, scored_region(with_ridge.mask)].ravel())
    # Each clip was judged by what five others taught, here by what all six did.
    held = coverage(np.concatenate(ratios), learned.calibration.half_widths)
    np.testing.assert_allclose(held, np.minimum(np.array(LEVELS) * 7 / 6, 1), atol=0.06)


def test_draws_of_different_clips_are_independent(with_ridge, monkeypatch):
    drawing = []

    def watched(fitted, trial, searches, linear, share):
        drawing.append(searches[-1])
        return search_trial(fitted, trial, searches, linear, share)

    monkeypatch.setattr("reverie.fitted.learning_errors.search_trial", watched)
    monkeypatch.setattr("reverie.fitted.learning_errors.DRAWN_CLIPS", 3)
    fit_errors(with_ridge)
    seeds = [search.seed for search in drawing if search.draws > 0]
    assert len(drawing) == 6
    assert sorted(seeds) == [0, 1, 2]


def test_learned_errors_are_kept(tiny_world, with_ridge):
    learned, again = fit(with_ridge, ["errors"]).errors, fitted_to(tiny_world).errors
    for name in ("posterior", "information"):
        np.testing.assert_array_equal(getattr(again, name), getattr(learned, name))
        assert getattr(learned, name).shape == (12, 16)
    np.testing.assert_array_equal(again.model.slopes, learned.model.slopes)
    assert (learned.posterior > 0).all()
    assert ((learned.information >= 0) & (learned.information <= 1)).all()


def test_one_movie_teaches_nothing_of_errors_and_that_is_kept(tiny_world, quick_masks, capsys):
    describe_training(tiny_world, ["1", "1"], ["1"])
    fitted = fitted_to(tiny_world)
    assert fit_errors(fitted) is None
    assert "too few trials with known movies" in capsys.readouterr().err
    fitted.keep("errors", {})
    assert fitted_to(tiny_world).errors is None
