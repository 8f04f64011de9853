import pytest
from tests.worlds import describe_training, fitted_to

from reverie.fitted.fitting import fit
from reverie.fitted.solving import solve_trial
from reverie.fitted.weighing import candidates, fit_weights
from reverie.inversion.methods.combined import Moments, Weights, choose_weights
from reverie.inversion.methods.map import Map
from reverie.scoring.rule import frames_to_skip


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


def test_they_are_kept(tiny_world, fitted):
    weights = fit(fitted, ["weights"]).weights
    assert fitted_to(tiny_world).weights == weights


def test_without_validation_trials_the_usual_weights_are_taken(tiny_world, fitted, monkeypatch):
    monkeypatch.setitem(vars(fitted.subject), "validation", ())
    assert fit_weights(fitted) == Weights("both", 0.5)
