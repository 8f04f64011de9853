"""What a notebook works with, in memory."""

import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch
from tests.worlds import files_in, opened, replace_encoder, scale_responses

from reverie.encoders.checkpoints import load_encoder, save_encoder
from reverie.encoders.linear_nonlinear import LinearNonlinear, LinearNonlinearConfig
from reverie.fitted.reconstruction import SIMULATED
from reverie.fitted.reconstructor import Reconstructor
from reverie.foundation.errors import ReverieError
from reverie.inversion.methods.map import Map
from reverie.inversion.methods.paper import Paper
from reverie.inversion.methods.registry import DEFAULT
from reverie.inversion.methods.ridge import Ridge
from reverie.recordings.readers.registry import open_recordings
from reverie.simulation.folder import TRUTH

QUICK = Map(steps=4, draws=1, calibrated=False)


@pytest.fixture
def recording(tiny_world):
    return opened(tiny_world).recordings["alpha"]


@pytest.fixture
def encoder(tiny_world):
    return load_encoder(tiny_world.encoder)


def test_nothing_is_fitted_or_written_before_it_is_asked_for(encoder, recording, tiny_world):
    before = files_in(tiny_world.encoder)
    reader = Reconstructor(encoder, recording)
    with pytest.raises(ReverieError, match=r"was not fitted .*`\.fit\(\)` in Python"):
        reader.reconstruct("6")
    assert files_in(tiny_world.encoder) == before


def test_fitted_once_it_reconstructs_trials_by_name_and_as_they_are(encoder, recording, quick_masks, capsys):
    reader = Reconstructor(encoder, recording, QUICK).fit()
    one, same = reader.reconstruct("6"), reader.reconstruct(recording["6"])
    np.testing.assert_array_equal(one.frames, same.frames)
    assert one.frames.shape == one.std.shape == (48, 12, 16)
    assert one.frames.std() > 0
    assert one.method == "map"
    assert len(one.trace) <= 4
    capsys.readouterr()
    again = Reconstructor(encoder, recording, QUICK).fit()
    assert "Fitting" not in capsys.readouterr().err
    np.testing.assert_array_equal(again.reconstruct("6").frames, one.frames)


@pytest.mark.parametrize("method", [Paper(steps=3, blur=0.0), Ridge()])
def test_other_methods_are_asked_for_by_their_settings(encoder, recording, quick_masks, method):
    reader = Reconstructor(encoder, recording, method).fit()
    one = reader.reconstruct("6")
    assert one.method == method.name
    assert one.std is None
    assert quick_masks == ["alpha"]
    assert not any(fitted.has("prior") for fitted in reader.fits)


def test_it_is_shown_in_a_line(encoder, recording):
    assert repr(Reconstructor(encoder, recording, "map")) == "<Reconstructor of alpha by map with one encoder>"
    assert repr(Reconstructor([encoder, encoder], recording)).endswith("by combined with 2 encoders>")


def test_a_method_may_be_named(encoder, recording):
    assert Reconstructor(encoder, recording).method == DEFAULT()
    assert Reconstructor(encoder, recording, "ridge").method == Ridge()
    with pytest.raises(ReverieError, match="no method 'magic'"):
        Reconstructor(encoder, recording, "magic")


def test_the_paper_s_movie_moves_inside_the_mask_only(encoder, recording, monkeypatch):
    mask = np.zeros((12, 16), np.float32)
    mask[3:8, 4:12] = 1.2
    monkeypatch.setattr("reverie.fitted.fitting.estimate_mask", lambda *_, **__: mask)
    frames = Reconstructor(encoder, recording, Paper(steps=3, blur=0.0)).fit().reconstruct("6").frames
    assert (frames[:, mask == 0] == 127.5).all()
    assert frames[:, mask > 0].std() > 0
    own = np.where(np.arange(16) < 8, mask, 0)
    frames = Reconstructor(encoder, recording, Paper(steps=3, blur=0.0, mask=own)).fit().reconstruct("6").frames
    assert (frames[:, own == 0] == 127.5).all()
    assert frames[:, own > 0].std() > 0


@pytest.fixture
def pair(tiny_world, tmp_path):
    """Two encoders of the same animals."""
    shutil.copytree(tiny_world.encoder, tmp_path / "other")
    replace_encoder(tiny_world)
    return [load_encoder(tiny_world.encoder), load_encoder(tmp_path / "other")]


def test_movies_of_several_encoders_are_averaged(pair, recording, quick_masks):
    both = Reconstructor(pair, recording, QUICK).fit().reconstruct("6")
    singles = [Reconstructor(one, recording, QUICK).reconstruct("6").frames for one in pair]
    np.testing.assert_allclose(both.frames, np.mean(singles, axis=0), atol=1e-3)
    assert sorted(set(both.trace["model"])) == [0, 1]
    assert quick_masks == ["alpha", "alpha"]


def test_a_linear_decoder_asks_no_encoder_twice(pair, recording, quick_masks):
    assert len(Reconstructor(pair, recording, Ridge()).fit().reconstruct("6").trace) == 1


def test_beside_an_encoder_that_cannot_be_written_the_cache_keeps_what_is_fitted(
    encoder, recording, tiny_world, quick_masks, tmp_path, monkeypatch
):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("reverie.fitted.fitted._writable", lambda folder: not folder.is_relative_to(tiny_world.encoder))
    before = files_in(tiny_world.encoder)
    one = Reconstructor(encoder, recording, QUICK).fit().reconstruct("6")
    assert files_in(tiny_world.encoder) == before
    assert {path.name for path in (tmp_path / "cache/reverie/fitted/alpha").glob("*/*.npz")} == {
        "mask.npz",
        "prior.npz",
        "likelihood.npz",
    }
    np.testing.assert_array_equal(Reconstructor(encoder, recording, QUICK).reconstruct("6").frames, one.frames)


def test_an_encoder_that_was_never_saved_is_kept_in_the_cache_or_where_one_says(recording, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    unsaved = LinearNonlinear(LinearNonlinearConfig(taps=4), {"alpha": 20}, (12, 16))
    (fitted,) = Reconstructor(unsaved, recording).fits
    assert fitted.place("mask").is_relative_to(tmp_path / "cache/reverie/fitted")
    (fitted,) = Reconstructor(unsaved, recording, kept=str(tmp_path / "mine")).fits
    assert fitted.place("mask").is_relative_to(tmp_path / "mine")


def test_impossible_requests_are_refused(encoder, recording, quick_masks):
    with pytest.raises(ReverieError, match=r"needs encoders, .* but was given none"):
        Reconstructor([], recording)
    reader = Reconstructor(encoder, recording, QUICK).fit()
    with pytest.raises(ReverieError, match="has no responses"):
        reader.reconstruct("7")
    with pytest.raises(ReverieError, match="no trial '99'"):
        reader.reconstruct("99")


def test_a_trial_made_by_hand_must_fit(encoder, recording, quick_masks):
    reader = Reconstructor(encoder, recording, Ridge()).fit()
    trial = recording["6"]
    object.__setattr__(trial, "responses", trial.responses[:, :9])
    with pytest.raises(
        ReverieError, match=r"responses of trial 6 should be an array of numbers of the shape \(20, 48\)"
    ):
        reader.reconstruct(trial)


def test_a_trial_of_another_animal_is_refused_however_alike_it_is(encoder, recording, tiny_world, quick_masks):
    reader = Reconstructor(encoder, recording, Ridge()).fit()
    own = reader.reconstruct("6")
    shutil.copytree(tiny_world.data / "alpha", tiny_world.data / "copy")
    scale_responses(tiny_world, "0", factor=1.5, animal="copy")
    again, other = opened(tiny_world).recordings["alpha"], open_recordings(tiny_world.data)["copy"]
    np.testing.assert_array_equal(reader.reconstruct(again["6"]).frames, own.frames)
    with pytest.raises(ReverieError, match=r"Trial 6 was read from another recording than that of alpha; .*replace"):
        reader.reconstruct(other["6"])
    same_neurons = replace(other["6"], recording=None)
    np.testing.assert_array_equal(reader.reconstruct(same_neurons).frames, own.frames)


def test_that_an_animal_is_simulated_is_noted(encoder, recording, tiny_world, quick_masks):
    assert SIMULATED not in Reconstructor(encoder, recording, Ridge()).fit().reconstruct("6").notes
    save_encoder(encoder, tiny_world.data / TRUTH, about={"simulated": True})
    again = opened(tiny_world).recordings["alpha"]
    assert SIMULATED in Reconstructor(encoder, again, Ridge()).reconstruct("6").notes


def test_a_notebook_that_needs_no_gradients_gets_the_same_movie(tiny_world, recording, quick_masks, tmp_path):
    usual = Reconstructor(load_encoder(tiny_world.encoder), recording, Map(steps=2, calibrated=False)).fit()
    expected = usual.reconstruct("6").frames
    with torch.inference_mode():
        encoder = load_encoder(tiny_world.encoder)
        again = Reconstructor(encoder, recording, Map(steps=2, calibrated=False), kept=tmp_path).fit().reconstruct("6")
    np.testing.assert_array_equal(again.frames, expected)
