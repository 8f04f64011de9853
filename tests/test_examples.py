"""The examples run, and show what they say they show."""

import re
import runpy
from functools import partial
from pathlib import Path

import pytest

from reverie.inversion.mask import MaskSettings

EXAMPLES = Path(__file__).parent.parent / "examples"


@pytest.mark.slow
def test_one_clip_is_reconstructed_well_above_its_control(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reverie.fitted.fitting.MaskSettings", partial(MaskSettings, steps=40))
    runpy.run_path(str(EXAMPLES / "reconstruct_one_clip.py"))
    told = capsys.readouterr().out
    found, other = (float(value) for value in re.findall(r"(-?\d\.\d{3})$", told, flags=re.MULTILINE))
    assert found > 0.4
    assert found > other + 0.3
