"""The examples run, and show what they say they show."""

import re
import runpy
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parent.parent / "examples"


@pytest.mark.slow
def test_one_clip_is_reconstructed_well_above_its_control(capsys: pytest.CaptureFixture[str]) -> None:
    runpy.run_path(str(EXAMPLES / "reconstruct_one_clip.py"))
    told = capsys.readouterr().out
    found, other = (float(value) for value in re.findall(r"(-?\d\.\d{3})$", told, flags=re.MULTILINE))
    assert found > 0.4
    assert found > other + 0.3
