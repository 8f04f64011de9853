import json
import shutil

import numpy as np
import pytest
from tests.worlds import files_in, fitted_to, replace_encoder

from reverie.fitted.fitted import Fitted
from reverie.fitted.fitting import fit
from reverie.fitted.parts import PARTS
from reverie.foundation.errors import ReverieError
from reverie.inversion.mask import save_mask
from reverie.inversion.methods.weighing import Weights
from reverie.scoring.calibration import Calibration

MASK = np.full((12, 16), 1.1, np.float32)


def keep_mask(fitted, level=1.1):
    save_mask(fitted.place("mask"), np.full((12, 16), level, np.float32))


@pytest.mark.parametrize("part", [part for part in PARTS if part != "target"])
def test_reading_a_missing_part_names_it_and_writes_nothing(tiny_world, part):
    before = files_in(tiny_world.encoder)
    fitted = fitted_to(tiny_world)
    assert not fitted.has(part)
    with pytest.raises(ReverieError, match=rf"The {part} of alpha was not fitted .*`reverie fit`.*\.$"):
        getattr(fitted, part)
    assert files_in(tiny_world.encoder) == before


def test_a_part_lies_below_animal_and_fingerprint_and_is_read_once(tiny_world):
    fitted = fitted_to(tiny_world)
    keep_mask(fitted)
    place = tiny_world.encoder / "fitted/alpha" / fitted.subject.fingerprint / "mask.npz"
    assert fitted.place("mask") == place
    assert place.exists()
    np.testing.assert_array_equal(fitted_to(tiny_world).mask, MASK)
    assert fitted.mask is fitted.mask


def test_missing_parts_come_in_the_order_of_fitting(tiny_world):
    fitted = fitted_to(tiny_world)
    assert fitted.missing({"calibration", "likelihood", "mask"}) == ["mask", "likelihood", "calibration"]
    keep_mask(fitted)
    assert fitted.missing({"calibration", "likelihood", "mask"}) == ["likelihood", "calibration"]
    assert fitted.missing(()) == []


def test_parts_of_an_encoder_that_was_replaced_are_not_there(tiny_world):
    keep_mask(fitted_to(tiny_world))
    assert fitted_to(tiny_world).has("mask")
    replace_encoder(tiny_world)
    assert not fitted_to(tiny_world).has("mask")


def test_the_first_folder_that_can_be_written_takes_new_parts_and_all_are_read(tiny_world, tmp_path, monkeypatch):
    keep_mask(fitted_to(tiny_world))
    subject = fitted_to(tiny_world).subject
    own, other = tiny_world.encoder / "fitted", tmp_path / "other"
    monkeypatch.setattr("reverie.fitted.fitted._writable", lambda folder: folder == other)
    fitted = Fitted(subject, (own, other))
    assert fitted.place("prior").is_relative_to(other)
    np.testing.assert_array_equal(fitted.mask, MASK)
    monkeypatch.setattr("reverie.fitted.fitted._writable", lambda folder: False)
    with pytest.raises(ReverieError, match=r"written to neither .*fitted nor .*other; make one of these folders"):
        fitted.place("prior")


def test_a_folder_below_a_file_cannot_be_written(tiny_world, tmp_path):
    (tmp_path / "file").touch()
    blocked, free = tmp_path / "file/fitted", tmp_path / "free/not yet there"
    assert Fitted(fitted_to(tiny_world).subject, (blocked, free)).place("mask").is_relative_to(free)


@pytest.mark.parametrize("part", ["mask", "ridge"])
def test_beside_the_parts_it_says_what_they_were_fitted_to(tiny_world, part):
    fitted = fitted_to(tiny_world)
    fitted.describe(part)
    told = json.loads((tiny_world.encoder / "fitted/alpha" / fitted.subject.fingerprint / "fitted.json").read_text())
    assert told["animal"] == "alpha"
    assert told["neurons"] == 20
    assert told["training_trials"] == ["0", "1", "2", "3", "4", "5"]
    assert told["fingerprint"] == fitted.subject.fingerprint


@pytest.mark.parametrize("part", ["prior", "likelihood", "ridge"])
def test_a_part_that_was_copied_from_another_animal_is_told(tiny_world, part):
    alpha, beta = (fit(fitted_to(tiny_world, name, animals=()), [part]) for name in ("alpha", "beta"))
    other, own = beta.found(part), alpha.found(part)
    for file in other.parent.iterdir() if part == "ridge" else (other,):
        shutil.copy(file, own.parent / file.name)
    with pytest.raises(ReverieError, match=r"was fitted to another animal.*was copied here\. Delete"):
        getattr(fitted_to(tiny_world), part)


@pytest.mark.parametrize(
    ("part", "arrays", "sentence"),
    [
        ("weights", Weights("sizes", np.nan, 1.0).to_arrays(), "not within 0 and 1"),
        ("calibration", Calibration(np.nan, *np.ones((3, 3)), ("1", "2")).to_arrays(), "not numbers above 0"),
        ("prior", {name: np.full((12, 16), np.nan) for name in ("mean", "deviation", "power")}, "not finite numbers"),
    ],
)
def test_parts_of_no_numbers_are_refused(tiny_world, part, arrays, sentence):
    fitted = fitted_to(tiny_world)
    fitted.keep(part, arrays)
    with pytest.raises(ReverieError, match=sentence):
        getattr(fitted, part)
