from dataclasses import dataclass

import pytest
import torch

from reverie.encoders.checkpoints import load_encoder, save_encoder
from reverie.encoders.contract import Encoder
from reverie.encoders.dwiseneuro import DwiseNeuro
from reverie.encoders.prediction import predict
from reverie.encoders.registry import BUILT_IN, build, find_architecture, name_architecture, register
from reverie.foundation.errors import ReverieError


@dataclass(frozen=True)
class BrightnessConfig:
    gains: tuple[float, ...] = (1.0, 2.0)


class Brightness(Encoder):
    """A user's own architecture: the mean grey level times a gain per neuron."""

    def __init__(self, config, mice, frame_size):
        super().__init__(mice, frame_size)
        self.config = config
        self.gains = torch.nn.Parameter(torch.tensor(config.gains))

    def forward(self, movie, state, mouse):
        return movie.mean((2, 3))[:, None] * self.gains[None, :, None]


def test_an_architecture_of_ones_own_plugs_in(tmp_path):
    register("brightness", BrightnessConfig, Brightness)
    register("brightness", BrightnessConfig, Brightness)
    encoder = build("brightness", {"gains": [3.0, 4.0]}, {"a": 2}, (2, 2))
    save_encoder(encoder, tmp_path)
    loaded = load_encoder(tmp_path)
    assert loaded.config == BrightnessConfig((3.0, 4.0))
    rates = predict(loaded, torch.ones(5, 2, 2), torch.zeros(4, 5), "a")
    assert rates.tolist() == [[3.0] * 5, [4.0] * 5]


def test_taken_names_are_refused():
    with pytest.raises(ReverieError, match="an architecture 'dwiseneuro' already"):
        register("dwiseneuro", BrightnessConfig, Brightness)
    register("taken", BrightnessConfig, Brightness)
    with pytest.raises(ReverieError, match="an architecture 'taken' already"):
        register("taken", BrightnessConfig, DwiseNeuro)


@pytest.mark.parametrize("name", BUILT_IN)
def test_every_built_in_architecture_builds_with_its_defaults_and_knows_its_name(name):
    config = {"core_features": [8], "spatial_strides": [8]} if name == "dwiseneuro" else {}
    encoder = build(name, config, {"a": 3}, (16, 20))
    assert name_architecture(encoder) == name
    assert isinstance(encoder.config, find_architecture(name).config)


def test_settings_no_encoder_can_have_are_refused():
    with pytest.raises(ReverieError, match="No architecture is called 'unheard'"):
        build("unheard", {}, {"a": 3}, (36, 64))
    with pytest.raises(ReverieError, match="no setting 'wheels'"):
        build("dwiseneuro", {"wheels": 4}, {"a": 3}, (36, 64))
    with pytest.raises(ReverieError, match="'dwiseneuro' encoder can have these settings"):
        build("dwiseneuro", {"core_features": "many"}, {"a": 3}, (36, 64))
