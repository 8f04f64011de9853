"""Which animals one encoder learns from: one that teaches nothing spoils no other, unless it was asked for."""

import numpy as np
import pytest

import reverie as rv
from reverie.foundation.errors import ReverieError
from reverie.foundation.folders import locked
from reverie.training.folder import train_encoder

QUICK = {"architecture": "linear_nonlinear", "steps": 1, "device": "cpu"}


def tiers_of(word):
    def change(animal):
        path = animal / "meta/trials/tiers.npy"
        np.save(path, np.full(len(np.load(path)), word))

    return change


def arrays(kind, make):
    def change(animal):
        for path in (animal / "data" / kind).iterdir():
            np.save(path, make(np.load(path)))

    return change


def without_files(kind):
    return lambda animal: [path.unlink() for path in (animal / "data" / kind).iterdir()]


# What is done to one of two animals, and why it is left out.
CASES = {
    "no training trials": (
        tiers_of("oracle"),
        r"beta has no trials of tier 'train' to learn from \(its tiers: oracle\)",
    ),
    "no tiers that are used": (tiers_of("none"), r"\(its tiers: none\)"),
    "silent": (arrays("responses", lambda values: 0 * values), "All responses of beta are 0 in every training trial"),
    "the same movie in all": (arrays("videos", lambda values: 0 * values), "none is left to learn from"),
    "no movies": (without_files("videos"), "beta holds no movie"),
    "no responses": (without_files("responses"), "beta.* no.* responses"),
}


@pytest.mark.parametrize("case", CASES)
def test_an_animal_that_teaches_nothing_is_left_out_unless_it_is_named(tiny_world, tmp_path, case, capsys):
    change, reason = CASES[case]
    change(tiny_world.data / "beta")
    encoder = train_encoder(tiny_world.data, tmp_path / "trained", **QUICK)
    assert list(encoder.mice) == ["alpha"]
    told = capsys.readouterr().err
    assert "Left out beta: " in told
    with pytest.raises(ReverieError, match=reason) as caught:
        train_encoder(tiny_world.data, tmp_path / "named", animals=["alpha", "beta"], **QUICK)
    assert str(caught.value) in told
    with pytest.raises(ReverieError, match=reason):
        train_encoder(rv.open(tiny_world.data)["beta"], tmp_path / "alone", **QUICK)
    assert list(train_encoder(rv.open(tiny_world.data), tmp_path / "opened", **QUICK).mice) == ["alpha"]


def test_animals_that_are_opened_already_are_chosen_by_name_too(tiny_world, tmp_path):
    lab = rv.open(tiny_world.data)
    assert list(train_encoder(lab, tmp_path / "one", animals="bet", **QUICK).mice) == ["beta"]
    with pytest.raises(ReverieError, match="'gamma' is not among the animals; choose one of: alpha, beta"):
        train_encoder(lab, tmp_path / "other", animals=["gamma"], **QUICK)


def test_two_trainings_into_one_folder_at_once_are_refused(tiny_world, tmp_path):
    out = tmp_path / "trained"
    with (
        locked(out, out),
        pytest.raises(ReverieError, match="trained is being written by another process; wait for it"),
    ):
        train_encoder(tiny_world.data, out, **QUICK)
    assert list(train_encoder(tiny_world.data, out, **QUICK).mice) == ["alpha", "beta"]


def test_an_animal_that_saw_other_sizes_than_most_is_left_out(tiny_world, tmp_path, capsys):
    arrays("videos", lambda movie: movie[:8])(tiny_world.data / "beta")
    with pytest.raises(
        ReverieError, match=r"alpha: 12 x 16, beta: 8 x 16 pixels\); train them one by one, or bring them"
    ):
        train_encoder(tiny_world.data, tmp_path / "two", **QUICK)
    third = rv.Recording.from_trials("gamma", list(rv.open(tiny_world.data)["alpha"].trials("train")))
    recordings = {**rv.open(tiny_world.data), "gamma": third}
    assert list(train_encoder(recordings, tmp_path / "three", **QUICK).mice) == ["alpha", "gamma"]
    assert "Left out beta: it saw movies of 8 x 16 pixels, most animals of 12 x 16" in capsys.readouterr().err
