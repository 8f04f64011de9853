import json
from dataclasses import replace

import pytest
import torch

from reverie.encoders.checkpoints import load_encoder, read_description, save_encoder
from reverie.encoders.compact import Compact
from reverie.encoders.dwiseneuro import DwiseNeuro
from reverie.encoders.dwiseneuro_config import DwiseNeuroConfig
from reverie.encoders.importing import import_weights
from reverie.encoders.presets import preset
from reverie.foundation.errors import ReverieError

CONFIG = DwiseNeuroConfig((6, 8), (2, 3), expansion_ratio=2, squeeze_ratio=4, cortex_features=(12,), canvas=(16, 16))


@pytest.fixture
def folder(tmp_path):
    torch.manual_seed(0)
    save_encoder(DwiseNeuro(CONFIG, {"b": 5, "a": 4}, (10, 16)), tmp_path / "encoder", {"score": 0.5, "trials": ["1"]})
    return tmp_path / "encoder"


def edit(folder, **changes):
    description = json.loads((folder / "encoder.json").read_text())
    del description["checksum"]  # as somebody who edits it is told to
    (folder / "encoder.json").write_text(json.dumps({**description, **changes}))


def test_the_published_checkpoint_survives_conversion_bit_for_bit(golden, tmp_path):
    encoder = import_weights(golden.checkpoint, animals=["second animal", "first/animal.x"])
    save_encoder(encoder, tmp_path)
    loaded = load_encoder(tmp_path)
    assert list(loaded.mice.items()) == [("second animal", 37), ("first/animal.x", 41)]
    with torch.no_grad():
        planes = torch.from_numpy(golden.arrays["network_input"])
        assert torch.equal(loaded.network(planes, "first/animal.x"), encoder.network(planes, "first/animal.x"))


def test_description_of_an_encoder_is_kept(folder):
    assert read_description(folder)["about"] == {"score": 0.5, "trials": ["1"]}
    assert sorted(path.name for path in folder.iterdir()) == ["encoder.json", "weights.safetensors"]


def test_its_folder_is_known_from_everywhere(folder, monkeypatch):
    monkeypatch.chdir(folder.parent)
    assert load_encoder(folder.name).folder == folder


def test_a_device_that_is_not_there_is_told(folder):
    with pytest.raises(ReverieError, match="The device 'tpu' cannot be used here"):
        load_encoder(folder, "tpu")


def test_saving_again_replaces_the_encoder(folder):
    torch.manual_seed(1)
    other = DwiseNeuro(CONFIG, {"c": 3}, (10, 16))
    save_encoder(other, folder)
    assert load_encoder(folder).mice == {"c": 3}
    assert read_description(folder)["about"] == {}


def test_a_folder_without_an_encoder_is_named(tmp_path):
    with pytest.raises(ReverieError, match="not the folder of an encoder"):
        load_encoder(tmp_path)
    with pytest.raises(ReverieError, match="not the folder of an encoder"):
        read_description(tmp_path / "nowhere")["about"]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"format": "something else"}, "does not describe an encoder"),
        ({"version": 99}, "format version 99"),
        ({"architecture": "unheard"}, "No architecture is called 'unheard'"),
        ({"architecture": ["dwiseneuro"]}, "incomplete"),
        ({"config": {"wheels": 4}}, "no setting 'wheels'"),
        ({"config": 3}, "incomplete"),
        ({"config": {"core_features": "many", "spatial_strides": [2, 3]}}, "encoder"),
        ({"mice": None}, "incomplete"),
        ({"mice": {"a": "many"}}, "incomplete"),
        ({"mice": {"b": 7, "a": 4}}, "does not fit"),
        ({"frame_size": [10]}, "incomplete"),
        ({"about": 3}, "make its entry 'about' as it was"),
        ({"about": {"frame_rates": 30}}, "make its entry 'about' as it was"),
        ({"about": {"frame_rates": {"a": -1.0}}}, "numbers above 0"),
        ({"frame_size": [99, 99]}, "does not fit"),
    ],
)
def test_a_description_that_was_tampered_with_is_refused(folder, changes, sentence):
    edit(folder, **changes)
    with pytest.raises(ReverieError, match=sentence):
        load_encoder(folder)


@pytest.mark.parametrize("stages", [0, 1])
def test_an_encoder_may_lack_the_parts_of_which_it_has_none(tmp_path, stages):
    torch.manual_seed(0)
    saved = Compact(replace(preset("compact", "tiny"), stages=stages), {"a": 3}, (12, 16))
    save_encoder(saved, tmp_path)
    loaded = load_encoder(tmp_path)
    movie, state = 255 * torch.rand(1, 12, 12, 16), torch.zeros(1, 4, 12)
    assert torch.equal(loaded(movie, state, "a"), saved.eval()(movie, state, "a"))


def test_an_encoder_saved_before_there_were_second_stages_has_none(tmp_path):
    save_encoder(Compact(preset("compact", "tiny"), {"a": 3}, (12, 16)), tmp_path)
    config = json.loads((tmp_path / "encoder.json").read_text())["config"]
    assert config.pop("stages") == 0
    edit(tmp_path, config=config)
    assert len(load_encoder(tmp_path).stages) == 0


def test_fewer_than_no_second_stages_are_refused(tmp_path):
    save_encoder(Compact(preset("compact", "tiny"), {"a": 3}, (12, 16)), tmp_path)
    config = json.loads((tmp_path / "encoder.json").read_text())["config"]
    edit(tmp_path, config={**config, "stages": -1})
    with pytest.raises(ReverieError, match="stages is -1, but its numbers must be from 0"):
        load_encoder(tmp_path)


@pytest.mark.parametrize("absurd", [0, -3, 10**12, 10**30])
@pytest.mark.parametrize("key", ["core_features", "spatial_kernel", "squeeze_ratio", "canvas", "mice: b", "frame_size"])
def test_an_absurd_size_is_named_before_anything_is_built(folder, monkeypatch, key, absurd):
    config = json.loads((folder / "encoder.json").read_text())["config"]
    monkeypatch.setattr("reverie.encoders.checkpoints.build", lambda *_: pytest.fail("it was built"))
    if key in config:
        edit(folder, config={**config, key: [8, absurd] if isinstance(config[key], list) else absurd})
    else:
        edit(folder, **{"mice": {"b": absurd, "a": 4}} if key == "mice: b" else {"frame_size": [absurd, 16]})
    with pytest.raises(
        ReverieError, match=rf"In .*encoder\.json, {key} is .*{absurd}.*, but its numbers must be from 1"
    ):
        load_encoder(folder)


@pytest.mark.parametrize("setting", [{"dropout": 0}, {"drop_path": 0, "padding": -1}, {"softplus_beta": 0}])
def test_integers_are_not_taken_for_sizes_of_other_settings(folder, monkeypatch, setting):
    encoder = DwiseNeuro(CONFIG, {"b": 5, "a": 4}, (10, 16))
    monkeypatch.setattr("reverie.encoders.checkpoints.build", lambda *_: encoder)
    edit(folder, config={**json.loads((folder / "encoder.json").read_text())["config"], **setting})
    assert load_encoder(folder) is encoder


@pytest.mark.parametrize("content", [b"", b"junk", None])
def test_damaged_or_missing_weights_are_refused(folder, content):
    path = folder / "weights.safetensors"
    whole = path.read_bytes()
    path.unlink()
    with pytest.raises(ReverieError, match=r"weights\.safetensors is missing"):
        load_encoder(folder)
    path.write_bytes(whole[:-100] if content is None else content)
    with pytest.raises(ReverieError, match=r"weights\.safetensors (could not be read|is empty)"):
        load_encoder(folder)


def test_weights_of_another_encoder_are_refused(folder, tmp_path):
    save_encoder(DwiseNeuro(CONFIG, {"a": 4}, (10, 16)), tmp_path / "other")
    (folder / "weights.safetensors").write_bytes((tmp_path / "other" / "weights.safetensors").read_bytes())
    with pytest.raises(ReverieError, match="does not hold the weights that were saved with the description"):
        load_encoder(folder)
    edit(folder, weights_digest=None)
    with pytest.raises(ReverieError, match="does not fit the encoder"):
        load_encoder(folder)


def test_one_bit_of_the_weights_or_the_description_is_noticed(folder):
    for name, sentence in (("weights.safetensors", "damaged or replaced"), ("encoder.json", "is not what was written")):
        whole = (folder / name).read_bytes()
        (folder / name).write_bytes(whole.replace(b'"1"', b'"3"') if name == "encoder.json" else whole[:-1] + b"\x01")
        with pytest.raises(ReverieError, match=sentence):
            load_encoder(folder)
        (folder / name).write_bytes(whole)
    load_encoder(folder)


class Own(DwiseNeuro):
    """An architecture that was never registered."""


def test_an_encoder_nobody_can_build_again_is_not_saved(folder, tmp_path):
    with pytest.raises(ReverieError, match="Own is not a registered architecture"):
        save_encoder(Own(CONFIG, {"a": 4}, (10, 16)), tmp_path / "own")
    assert not (tmp_path / "own").exists()
