import pytest
import torch
from tests.encoders.published_twin import DEFAULTS, plain_forward, random_weights, write_container

from reverie.encoders.importing import import_weights
from reverie.encoders.published import PUBLISHED_ANIMALS, name_readouts
from reverie.foundation.errors import ReverieError

SETTINGS = {
    "in_channels": 5,
    "spatial_kernel": 3,
    "temporal_kernel": 5,
    "softplus_beta": 0.07,
    "drop_rate": 0.4,
    "drop_path_rate": 0.1,
}
ARCHITECTURES = {
    "other widths and strides": {
        **SETTINGS,
        "readout_outputs": [5, 3, 7],
        "core_features": (6, 10, 16, 12),
        "spatial_strides": (4, 1, 3, 2),
        "expansion_ratio": 2,
        "se_reduce_ratio": 3,
        "cortex_features": (20, 8, 36),
        "groups": 4,
    },
    "lists, other kernels, one group": {
        **SETTINGS,
        "spatial_kernel": 5,
        "temporal_kernel": 3,
        "softplus_beta": 0.5,
        "readout_outputs": (4,),
        "core_features": [7],
        "spatial_strides": [2],
        "expansion_ratio": 5,
        "se_reduce_ratio": 8,
        "cortex_features": [9],
        "groups": 1,
    },
    "settings left to their defaults": {
        "readout_outputs": (6, 6),
        "in_channels": 5,
        "core_features": (16, 32),
        "spatial_strides": (4, 2),
        "cortex_features": (32, 16),
    },
}


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_any_architecture_in_the_container_is_read(tmp_path, name):
    settings = ARCHITECTURES[name]
    known = {**DEFAULTS, **settings}
    weights = random_weights(known, seed=5)
    names = [f"animal {index}" for index in range(len(settings["readout_outputs"]))]
    encoder = import_weights(write_container(tmp_path / "weights.pth", settings, weights), animals=names)
    assert not encoder.training
    assert encoder.mice == dict(zip(names, settings["readout_outputs"], strict=True))
    assert (encoder.window, encoder.canvas, encoder.config.padding) == (24, (48, 64), 7.0)
    planes = torch.randn(2, 5, 8, 48, 64, generator=torch.Generator().manual_seed(6))
    with torch.no_grad():
        for mouse, animal in enumerate(names):
            expected = plain_forward(known, weights, planes, mouse)
            torch.testing.assert_close(encoder.network(planes, animal), expected, rtol=1e-4, atol=1e-5)


def test_other_contents_are_refused(tmp_path):
    settings = {**DEFAULTS, **ARCHITECTURES["settings left to their defaults"]}
    weights = random_weights(settings, seed=1)
    torch.save([1, 2], tmp_path / "list.pth")
    torch.save({"state_dict": {"encoder.0.weight": torch.zeros(3)}}, tmp_path / "other.pth")
    write_container(tmp_path / "kind.pth", settings, weights, nn_module=("uneuro", settings))
    write_container(tmp_path / "strings.pth", settings, dict.fromkeys(weights, "weight"))
    write_container(tmp_path / "planes.pth", {**settings, "in_channels": 1}, weights)
    write_container(tmp_path / "shape.pth", {**settings, "readout_outputs": (6, 10)}, weights)
    write_container(tmp_path / "lacking.pth", settings, dict(list(weights.items())[:-1]))
    for name, sentence in {
        "list": "holds a list",
        "other": "not laid out as",
        "kind": "'uneuro'",
        "strings": "not laid out as",
        "planes": "1 picture planes",
        "shape": "was expected",
        "lacking": "has no counterpart",
    }.items():
        with pytest.raises(ReverieError, match=sentence):
            import_weights(tmp_path / f"{name}.pth", animals=["a", "b"])


def test_names_must_match_the_readouts(golden):
    with pytest.raises(ReverieError, match=r"has 2 readouts \(37, 41 neurons\), but 1 different names"):
        import_weights(golden.checkpoint, animals=["a"])
    with pytest.raises(ReverieError, match="but 1 different names"):
        import_weights(golden.checkpoint, animals=["a", "a"])
    with pytest.raises(ReverieError, match=r"not the published animals; name them"):
        import_weights(golden.checkpoint)


def test_one_word_is_one_name_and_not_its_letters(golden):
    with pytest.raises(ReverieError, match="but 1 different names"):
        import_weights(golden.checkpoint, animals="ab")


def test_published_readouts_are_named_by_their_neuron_counts(tmp_path):
    assert name_readouts(tmp_path, list(PUBLISHED_ANIMALS.values()), None) == PUBLISHED_ANIMALS
    backwards = list(PUBLISHED_ANIMALS.values())[::-1]
    assert list(name_readouts(tmp_path, backwards, None)) == list(PUBLISHED_ANIMALS)[::-1]
