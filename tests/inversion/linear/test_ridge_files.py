"""Folders of decoders that are damaged or something else."""

import json

import pytest
from tests.inversion.linear.toys import toy_trials

from reverie.foundation.errors import ReverieError
from reverie.inversion.linear.ridge import RidgeSettings, load_decoder, save_decoder
from reverie.inversion.linear.ridge_fit import fit_ridge


@pytest.fixture
def folder(tmp_path):
    settings = RidgeSettings(powers=(1.0,), lags=((0,),), components=(5,))
    save_decoder(fit_ridge("toy", toy_trials(neurons=5, trials=4, frames=40), settings), tmp_path, {"trials": ["1"]})
    return tmp_path


def test_the_description_says_what_it_learned_from(folder):
    described = json.loads((folder / "decoder.json").read_text())
    assert described["neurons"] == 5
    assert described["about"] == {"trials": ["1"]}


def test_no_decoder(tmp_path):
    with pytest.raises(ReverieError, match="not the folder of a decoder"):
        load_decoder(tmp_path)


def test_damaged_weights(folder):
    (folder / "weights.safetensors").write_bytes(b"what")
    with pytest.raises(ReverieError, match="could not be read as weights"):
        load_decoder(folder)


@pytest.mark.parametrize("change", [{"config": {}}, {"frame_size": 3}])
def test_a_description_that_was_tampered_with(folder, change):
    described = json.loads((folder / "decoder.json").read_text())
    del described["checksum"]
    (folder / "decoder.json").write_text(json.dumps(described | change))
    with pytest.raises(ReverieError, match="incomplete"):
        load_decoder(folder)


def test_another_format(folder):
    (folder / "decoder.json").write_text('{"format": "reverie encoder"}')
    with pytest.raises(ReverieError, match="not a decoder of format version 2"):
        load_decoder(folder)
