"""Fitting: what is missing, once; and nothing that was fitted to something else is ever used."""

import shutil
from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest
from tests.worlds import describe_training, files_in, fitted_to, opened, replace_encoder, scale_responses

from reverie.fitted import calibrating, fitting
from reverie.fitted.calibrating import candidates
from reverie.fitted.fitting import fit
from reverie.fitted.parts import PARTS, parts_for
from reverie.foundation import progress
from reverie.foundation.errors import NotApplicable, ReverieError
from reverie.inversion.likelihood_fit import fit_likelihoods
from reverie.inversion.linear.ridge import RidgeSettings
from reverie.inversion.linear.ridge_fit import fit_ridge
from reverie.inversion.mask import save_mask
from reverie.inversion.methods.combined import Combined
from reverie.inversion.methods.weighing import worth_following
from reverie.inversion.priors import scenes
from reverie.training.folder import train_encoder
from reverie.training.request import TrainingRequest

QUICK = ("mask", "prior", "likelihood")


def places(fitted):
    return {part: fitted.place(part).stat().st_mtime_ns for part in QUICK if fitted.has(part)}


def test_parts_are_fitted_once_and_kept(tiny_world, quick_masks, capsys):
    first = fit(fitted_to(tiny_world), QUICK)
    assert all(first.has(part) for part in QUICK)
    assert first.mask.shape == (12, 16)
    assert first.prior.frame_size == (12, 16)
    assert len(first.likelihood.find("measured").dispersion) == 20
    kept = places(first)
    capsys.readouterr()
    again = fit(fitted_to(tiny_world), QUICK)
    assert places(again) == kept
    assert quick_masks == ["alpha"]
    assert "Fitting" not in capsys.readouterr().err


def test_parts_that_a_part_needs_are_fitted_with_it(tiny_world, quick_masks):
    describe_training(tiny_world, ["0", "1"], ["6"])
    fitted = fit(fitted_to(tiny_world), ["calibration"])
    assert fitted.missing(["mask", "prior", "likelihood", "calibration"]) == []
    assert not fitted.has("ridge")


def test_where_nothing_can_be_seen_nothing_else_is_fitted(tiny_world):
    fitted = fitted_to(tiny_world)
    save_mask(fitted.place("mask"), np.full((12, 16), 0.4, np.float32))
    with pytest.raises(NotApplicable, match=r"its maximum is 0\.40\).*train a better encoder, or give") as caught:
        fit(fitted, parts_for(Combined()))
    assert "Delete" not in str(caught.value)
    assert fitted.missing(PARTS) == [part for part in PARTS if part not in ("mask", "target")]
    assert fit(fitted, ["ridge"]).has("ridge")


def test_an_encoder_that_was_replaced_is_fitted_anew(tiny_world, quick_masks):
    old = fit(fitted_to(tiny_world), QUICK)
    kept = places(old)
    replace_encoder(tiny_world)
    new = fitted_to(tiny_world)
    assert new.missing(QUICK) == list(QUICK)
    fit(new, QUICK)
    assert quick_masks == ["alpha", "alpha"]
    assert places(old) == kept
    assert not np.allclose(old.likelihood.find("sizes").dispersion, new.likelihood.find("sizes").dispersion)


def test_an_encoder_that_was_trained_anew_is_fitted_anew(tiny_world, quick_masks):
    shutil.rmtree(tiny_world.encoder)
    request = partial(TrainingRequest, architecture="linear_nonlinear", steps=2)
    train_encoder(tiny_world.data, tiny_world.encoder, request(seed=0), animals=["alpha"])
    fit(fitted_to(tiny_world), QUICK)
    for path in tiny_world.encoder.iterdir():
        if path.name != "fitted":
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    trained = tiny_world.data.parent / "trained"
    train_encoder(tiny_world.data, trained, request(seed=1), animals=["alpha"])
    shutil.copytree(trained, tiny_world.encoder, dirs_exist_ok=True)
    assert fitted_to(tiny_world).missing(QUICK) == list(QUICK)


def test_changed_responses_of_one_training_trial_are_fitted_anew(tiny_world, quick_masks):
    fit(fitted_to(tiny_world), QUICK)
    scale_responses(tiny_world, "3")
    assert fitted_to(tiny_world).missing(QUICK) == list(QUICK)


def test_code_of_another_version_fits_anew(tiny_world, quick_masks, monkeypatch):
    fit(fitted_to(tiny_world), QUICK)
    monkeypatch.setattr("reverie.fitted.subject.FITTING_VERSION", 999)
    assert fitted_to(tiny_world).missing(QUICK) == list(QUICK)


def test_fits_stay_valid_when_folders_are_moved(tiny_world, quick_masks, tmp_path):
    fit(fitted_to(tiny_world), QUICK)
    moved = SimpleNamespace(data=tmp_path / "new disk", encoder=tmp_path / "archive/best encoder")
    shutil.move(tiny_world.data, moved.data)
    moved.encoder.parent.mkdir()
    shutil.move(tiny_world.encoder, moved.encoder)
    before = files_in(moved.encoder)
    assert fit(fitted_to(moved), QUICK).missing(QUICK) == []
    assert files_in(moved.encoder) == before
    assert quick_masks == ["alpha"]


def test_where_nothing_can_be_kept_nothing_is_begun(tiny_world, quick_masks, monkeypatch):
    monkeypatch.setattr("reverie.fitted.fitted._writable", lambda folder: False)
    with pytest.raises(ReverieError, match="make one of these folders writable"):
        fit(fitted_to(tiny_world), QUICK)
    assert quick_masks == []


def test_unknown_parts_and_too_few_trials_are_named(tiny_world):
    with pytest.raises(ReverieError, match="no part 'colour' to fit; choose from: mask, target, prior"):
        fit(fitted_to(tiny_world), ["colour"])
    describe_training(tiny_world, ["0"], ["6"])
    with pytest.raises(ReverieError, match=r"alpha has 1 training trial\(s\) .*a mask needs at least two"):
        fit(fitted_to(tiny_world), ["mask"])


def shorten(world, trial, frames, animal="alpha"):
    for kind in ("videos", "responses", "behavior", "pupil_center"):
        path = world.data / animal / "data" / kind / f"{trial}.npy"
        if path.exists():
            values = np.load(path)
            values[..., frames:] = np.nan
            np.save(path, values)


@pytest.mark.parametrize(
    ("shortened", "window", "used"),
    [([], 32, ["1", "3", "4"]), (["3"], 32, ["1", "4"]), (["1", "3", "4"], 15, ["1", "3", "4"])],
)
def test_the_mask_is_estimated_from_the_training_trials_short_ones_only_where_all_are(
    tiny_world, monkeypatch, shortened, window, used
):
    seen = {}

    def estimate(encoder, mouse, trials, settings, *, seed, device):
        seen.update(names=[trial.name for trial in trials], window=settings.window, mouse=mouse, seed=seed)
        return np.full((12, 16), 1.2, np.float32)

    monkeypatch.setattr(fitting, "estimate_mask", estimate)
    describe_training(tiny_world, ["1", "3", "4"], ["6"])
    for trial in shortened:
        shorten(tiny_world, trial, 15)
    fit(fitted_to(tiny_world, seed=5), ["mask"])
    assert seen == {"names": used, "window": window, "mouse": "alpha", "seed": 5}


def test_the_likelihood_is_that_of_the_training_trials(tiny_world):
    fitted = fit(fitted_to(tiny_world), ["likelihood"])
    subject = fitted.subject
    expected = fit_likelihoods(
        subject.encoder, "alpha", list(subject.trials(subject.training)), skip=subject.encoder.history
    )
    found = fitted_to(tiny_world).likelihood
    assert found.chosen == expected.chosen
    np.testing.assert_array_equal(found.find("sizes").dispersion, expected.find("sizes").dispersion)


SHORT_RIDGE = RidgeSettings(powers=(0.5,), lags=((0, 2, 4),), every=2, components=(20,))


@pytest.fixture
def quick_ridge(monkeypatch):
    monkeypatch.setattr(fitting, "fit_ridge", partial(fit_ridge, settings=SHORT_RIDGE))


def test_a_ridge_decoder_is_kept_and_read_to_the_same_bits(tiny_world, quick_ridge):
    fitted = fit(fitted_to(tiny_world), ["ridge"])
    responses = fitted.subject.recording.trial("6").responses
    movie = fitted.ridge.decode(responses)
    np.testing.assert_array_equal(fitted_to(tiny_world).ridge.decode(responses), movie)
    direct = fit_ridge("alpha", list(fitted.subject.trials(fitted.subject.training)), SHORT_RIDGE)
    np.testing.assert_array_equal(movie, direct.decode(responses))


def test_whether_the_camera_is_followed_is_measured_and_said(tiny_world, quick_masks, quick_ridge, capsys, monkeypatch):
    monkeypatch.setattr(scenes, "NARROWEST", 4)  # the world's frames are small
    monkeypatch.setattr(calibrating, "FEWEST_TO_FOLLOW", 1)
    fitted = fit(fitted_to(tiny_world), ["followed_weights"])
    assert fitted.missing(["mask", "prior", "scenes", "ridge", "weights", "followed_weights"]) == []
    assert fitted_to(tiny_world).followed_weights == fitted.followed_weights
    assert fitted.followed_weights.likelihood == fitted.weights.likelihood
    worth = worth_following(fitted.weights, fitted.followed_weights)
    assert ("so it is followed" if worth else "so it is not followed") in capsys.readouterr().err


def test_without_a_terminal_each_search_and_each_movie_can_show_progress(
    tiny_world, quick_masks, quick_ridge, capsys, monkeypatch
):
    monkeypatch.setattr(progress, "LOG_INTERVAL", 0.0)
    monkeypatch.setattr(scenes, "NARROWEST", 4)  # the world's frames are small
    fitted = fit(fitted_to(tiny_world), ["weights", "scenes"])
    said, clips = capsys.readouterr().err, len(fitted.subject.validation)
    tried = clips * len(candidates(fitted.likelihood.kinds, fitted.subject.recording.response_kind))
    assert tried > clips
    assert f"weighing map and ridge: {tried}/{tried}, 0.0 min left" in said
    movies = len(fitted.subject.training)
    assert f"finding how cameras move over scenes: {movies}/{movies}, 0.0 min left" in said


def test_movies_that_tell_nothing_of_cameras_are_said(tiny_world, capsys):
    """The frames of this world are too small for scenes."""
    assert fit(fitted_to(tiny_world), ["scenes"]).scenes.scenes is None
    assert "do not show how cameras move over scenes, so the camera is not followed" in capsys.readouterr().err


def test_a_session_fits_every_animal_and_leaves_a_mask_that_is_named_alone(tiny_world, quick_masks, tmp_path):
    np.savez(tmp_path / "mask.npz", mask=np.full((12, 16), 1.2))
    session = opened(tiny_world, animals=(), mask=tmp_path / "mask.npz")
    session.fit(["mask", "prior"])
    assert quick_masks == []
    assert all(session.fitted(animal, tiny_world.encoder).has("prior") for animal in ("alpha", "beta"))
    opened(tiny_world, animals=()).fit(["mask"])
    assert quick_masks == ["alpha", "beta"]
