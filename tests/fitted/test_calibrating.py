import numpy as np
import pytest
from tests.worlds import describe_training, fitted_to, show_again

from reverie.fitted.calibrating import CLIPS, VALIDATION, calibration_trials, errors_of
from reverie.fitted.fitting import fit
from reverie.scoring.rule import frames_to_skip


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
    assert 0 < kept.reaches[0] < kept.reaches[1] <= kept.reaches[2]
    errors = np.concatenate([errors_of(fitted, name) for name in kept.clips])
    assert len(errors) == 4 * (48 - frames_to_skip(48)) * 12 * 16
    assert (errors <= kept.factor).mean() == pytest.approx(0.6827, abs=1e-3)
