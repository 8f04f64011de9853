"""What ``import reverie as rv`` offers: little, at once, and all that a notebook needs."""

import ast
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from tests.laboratory import CELL, FRAMES, SIZE, enter, furnish

import reverie as rv
from reverie.inversion.mask import MaskSettings

SOURCE = Path(rv.__file__).parent


@pytest.fixture
def laboratory(tmp_path, monkeypatch):
    """Where a notebook lies: DATA beside it, and a machine that trains for a moment."""
    furnish(tmp_path)
    enter(tmp_path, monkeypatch)
    monkeypatch.setattr("reverie.fitted.fitting.MaskSettings", partial(MaskSettings, steps=40))
    return tmp_path


@pytest.mark.slow
def test_the_first_cell_of_a_notebook_works_as_it_is_printed(laboratory):
    names = {}
    exec(CELL, names)
    movie = names["movie"]
    assert movie.frames.shape == movie.std.shape == (FRAMES, *SIZE)
    assert names["encoder"].folder == Path("ENCODER")
    assert movie.half_widths is not None
    low, high = movie.interval(0.95)
    assert ((low <= movie.frames) & (movie.frames <= high)).all()
    scores = movie.score()
    assert scores["coverage_95"] > scores["coverage_50"]
    assert np.isfinite(scores["video_correlation"])
    assert dict(movie.to_xarray().sizes)["time"] == FRAMES
    assert "mouse1" in (laboratory / "report.html").read_text()
    assert "mouse1 trial 3" in movie.show(laboratory / "shown.html").read_text()
    # Run a second time, as cells are, it trains and fits nothing again.
    written = {path: path.stat().st_mtime_ns for path in (laboratory / "ENCODER").rglob("*") if path.is_file()}
    again = {}
    exec(CELL, again)
    assert {path: path.stat().st_mtime_ns for path in written} == written
    np.testing.assert_array_equal(again["movie"].frames, movie.frames)


def test_every_name_is_there_and_documented():
    assert sorted(rv.NAMES) == sorted(rv.__all__)
    for name in rv.__all__:
        assert name in dir(rv)
        assert (getattr(rv, name).__doc__ or "").strip(), name


def test_an_unknown_name_is_told_with_the_known_ones():
    with pytest.raises(AttributeError, match=r"no attribute 'reconstrukt'; it offers open, Recording"):
        _ = rv.reconstrukt


TIMED = """
import sys, time
before = time.process_time()
import reverie
took = time.process_time() - before
print(took, "torch" in sys.modules, "numpy" in sys.modules)
"""


def test_importing_costs_next_to_nothing():
    told = subprocess.run([sys.executable, "-c", TIMED], capture_output=True, text=True, check=True).stdout.split()
    assert float(told[0]) < 0.3
    assert told[1:] == ["False", "False"]


def imported_by(path: Path) -> set[str]:
    """Return the packages that a module imports, wherever in it."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    others = {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    return {name.split(".")[0] for name in plain | others}


def test_only_the_command_line_knows_its_parser():
    knowing = {path.relative_to(SOURCE).parts[0] for path in SOURCE.rglob("*.py") if "tyro" in imported_by(path)}
    assert knowing == {"cli"}
