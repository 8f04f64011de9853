import pytest

from reverie.encoders import registry
from reverie.encoders.plugins import PLUGINS
from reverie.encoders.registry import find_architecture
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
def test_what_cannot_be_imported_is_said(tmp_path, monkeypatch, text, said):
    file = tmp_path / "broken.py"
    if text is not None:
        file.write_text(text)
    monkeypatch.setenv(PLUGINS, str(file))
    with pytest.raises(ReverieError, match=rf"broken\.py, which REVERIE_PLUGINS .* {said}"):
        find_architecture("unheard of")
