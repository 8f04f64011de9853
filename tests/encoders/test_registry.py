import linecache
import sys
from dataclasses import dataclass
from types import ModuleType

import pytest
import torch

from reverie.encoders import registry
from reverie.encoders.checkpoints import encoder_digest, load_encoder, save_encoder
from reverie.encoders.contract import Encoder
from reverie.encoders.dwiseneuro import DwiseNeuro
from reverie.encoders.prediction import predict
from reverie.encoders.registry import (
    BUILT_IN,
    PLUGINS,
    build,
    find_architecture,
    name_architecture,
    register,
    require_contract,
)
from reverie.foundation.errors import ReverieError

PLUGIN = """
from dataclasses import dataclass
from reverie.encoders.linear_nonlinear import LinearNonlinear
from reverie.encoders.registry import register

@dataclass(frozen=True)
class MineConfig:
    taps: int = 2

class Mine(LinearNonlinear):
    pass

register({name!r}, MineConfig, Mine)
"""


@pytest.fixture(autouse=True)
def nothing_stays_registered(monkeypatch):
    monkeypatch.setattr(registry, "_registered", dict(registry._registered))


def test_a_file_that_the_environment_names_registers_its_encoder(tmp_path, monkeypatch):
    file = tmp_path / "my encoder.py"
    file.write_text(PLUGIN.format(name="named by a file"))
    with pytest.raises(ReverieError, match=r"name it in the environment variable REVERIE_PLUGINS"):
        find_architecture("named by a file")
    monkeypatch.setenv(PLUGINS, str(file))
    assert find_architecture("named by a file").config().taps == 2


def test_so_does_a_module(tmp_path, monkeypatch):
    (tmp_path / "my_encoders_for_a_test.py").write_text(PLUGIN.format(name="named by a module"))
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv(PLUGINS, "my_encoders_for_a_test")
    assert find_architecture("named by a module").name == "named by a module"


@pytest.mark.parametrize(
    ("text", "said"), [(None, "FileNotFoundError"), ("1 +", "SyntaxError"), ("raise SystemExit(2)", "SystemExit: 2")]
)
def test_plugins_that_cannot_be_imported_are_named(tmp_path, monkeypatch, text, said):
    file = tmp_path / "broken.py"
    if text is not None:
        file.write_text(text)
    monkeypatch.setenv(PLUGINS, str(file))
    with pytest.raises(ReverieError, match=rf"broken\.py, which REVERIE_PLUGINS .* {said}"):
        find_architecture("unheard of")


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


class Turned(Brightness):
    """Time first."""

    def forward(self, movie, state, mouse):
        return super().forward(movie, state, mouse).mT


class Numb(Brightness):
    """Without gradients."""

    @torch.no_grad()
    def forward(self, movie, state, mouse):
        return super().forward(movie, state, mouse)


BROKEN = {
    Turned: r"Turned returned rates of the shape \(1, 2, 3\) for one clip of 2 frames and the 3 neurons of a; ",
    Numb: "The rates of Numb have no gradient, without which no movie can be found",
}


@pytest.mark.parametrize("kind", [Brightness, *BROKEN])
def test_an_encoder_that_breaks_the_contract_is_told(kind):
    encoder = kind(BrightnessConfig((1.0, 2.0, 3.0)), {"a": 3}, (2, 2))
    if kind is Brightness:
        require_contract(encoder)
    else:
        with pytest.raises(ReverieError, match=BROKEN[kind]):
            require_contract(encoder)


class Normalised(Brightness):
    """With a running mean of the clips it is trained on."""

    def __init__(self, config, mice, frame_size):
        super().__init__(config, mice, frame_size)
        self.norm = torch.nn.BatchNorm1d(3)

    def forward(self, movie, state, mouse):
        return self.norm(super().forward(movie, state, mouse))


def test_one_that_is_to_be_trained_learns_nothing_from_being_asked():
    encoder = Normalised(BrightnessConfig((1.0, 2.0, 3.0)), {"a": 3}, (2, 2)).train()
    require_contract(encoder)
    assert encoder.norm.training
    assert encoder.norm.running_mean.tolist() == [0.0, 0.0, 0.0]


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
def test_one_that_keeps_it_is_taken_whatever_a_notebook_chose_for_torch(mode):
    encoder = Brightness(BrightnessConfig((1.0, 2.0, 3.0)), {"a": 3}, (2, 2))
    with mode():
        require_contract(encoder)


def test_settings_that_are_not_kept_are_told(tmp_path):
    class Forgetful(Brightness):
        def __init__(self, config, mice, frame_size):
            super().__init__(config, mice, frame_size)
            del self.config

    register("forgetful", BrightnessConfig, Forgetful)
    with pytest.raises(ReverieError, match="Forgetful keeps no settings; let its __init__ keep those it is given"):
        save_encoder(Forgetful(BrightnessConfig(), {"a": 2}, (2, 2)), tmp_path)


WORKED_ON = """
from dataclasses import dataclass
import torch
from reverie.encoders.contract import Encoder

@dataclass(frozen=True)
class WorkedOnConfig:
    pass

class Pool(torch.nn.Module):
    def forward(self, movie):
        return movie.{pool}((2, 3))

class WorkedOn(Encoder):
    def __init__(self, config, mice, frame_size):
        super().__init__(mice, frame_size)
        self.config, self.pool = config, Pool()

    def forward(self, movie, state, mouse):
        return {factor} * self.pool(movie)[:, None].expand(-1, 2, -1)
"""


@pytest.mark.parametrize("where", ["file", "notebook"])
def test_another_way_to_compute_is_another_encoder(where, tmp_path, monkeypatch):
    digests = []
    for number, ways in enumerate([(1, "mean"), (1, "mean"), (2, "mean"), (1, "amax")]):
        monkeypatch.setattr(registry, "_registered", {})
        name = f"worked_on_{where}_{number}"
        text = WORKED_ON.format(factor=ways[0], pool=ways[1])
        place, module = tmp_path / f"{name}.py", ModuleType(name)
        monkeypatch.setitem(sys.modules, name, module)
        # A cell of a notebook is no file, but known to whoever asks for lines of code.
        monkeypatch.setitem(linecache.cache, str(place), (len(text), None, text.splitlines(keepends=True), str(place)))
        if where == "file":
            place.write_text(text)
            module.__file__ = str(place)
        exec(compile(text, place, "exec"), vars(module))
        register("worked on", module.WorkedOnConfig, module.WorkedOn)
        digests.append(encoder_digest(module.WorkedOn(module.WorkedOnConfig(), {"a": 2}, (2, 2))))
    assert digests[0] == digests[1]
    assert len(set(digests)) == 3
