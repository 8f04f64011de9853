"""What ``import reverie as rv`` offers: little, at once, and all that a notebook needs."""

import ast
import os
import subprocess
import sys
from functools import partial
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.fitted.reconstructions import made_up
from tests.forking import forks
from tests.inversion.toys import SpotEncoder
from tests.laboratory import CELL, FRAMES, SIZE, enter, furnish

import reverie as rv
from reverie.foundation.errors import ReverieError
from reverie.inversion.mask import MaskSettings
from reverie.inversion.problem import Observation

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
    assert names["encoder"].folder == Path("ENCODER").absolute()
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


MISTAKEN = {
    "rv.load(3)": "An encoder is named by the path of one folder or file, but 3 was given.",
    "rv.train(lab, None)": "The folder of an encoder is named by the path",
    "rv.train({'mouse1': 3}, 'E')": "There is nothing to train on",
    "rv.train({'mouse': lab['mouse1']}, 'E')": "The recording of mouse1 was given as that of 'mouse'",
    "rv.train(lab, 'E', 3)": "A training takes a dataclass of settings, but 3",
    "rv.train(lab, 'E', device=3.5)": "The device 3.5 cannot be used here",
    "rv.open(None)": "named by the path of one folder or file, but None",
    "rv.open('DATA', 3)": "chosen by their names (mouse1), but 3",
    "rv.open('DATA', reading={'rate': 30})": "How to read is said by a Reading, such as",
    "rv.import_weights(None)": "A checkpoint is named by the path",
    "rv.simulate(None)": "The folder of a simulation is named by the path",
    "rv.report(3, 'page.html')": "A page shows what Reconstructor.reconstruct returns, but 3",
    "rv.report([], None)": "A page is named by the path",
    "rv.score([[[1]]], screen, screen[0], seed=0)": "The reconstruction should be an array, but a list was given.",
    "rv.score(screen, screen, screen[0], seed='x')": "The seed is x but must be a whole number",
    "rv.score(ramp / 255, ramp / 255, screen[0], seed=0)": "The reconstruction holds shares of white, up to 1,",
    "rv.score(screen > 0, screen, screen[0], seed=0)": "should be an array of numbers, but one of bool was given",
    "rv.score(screen, screen, screen[0], seed=0, skip=1.5)": "skip should be a whole number and threshold a number",
    "rv.Paper(mask='mask.npz')": "the mask must be an array (height, width) of finite numbers.",
    "rv.Map(likelihood='event')": "likelihood is 'event' but must be one of measured, sizes, events, both, traces.",
    "rv.Reconstruction.load(None)": "The folder of a reconstruction is named by the path",
    "made.save('')": "The folder of a reconstruction is named by the path",
    "made.interval('a')": "with a probability between 0 and 1, not a.",
    "made.show(3)": "A page is named by the path",
    "rv.solve(3, rv.Map())": "`solve` takes a Problem, but 3 was given.",
    "rv.solve(3, rv.Combined())": "The method `combined` needs more than a problem says; ask a Reconstructor for it",
    "Observation(spots, 'toy', screen, zeros)": "The state of toy should be a tensor but came as ndarray; give",
    "Observation(spots, 'toy', zeros[:4], screen)": "The responses of toy should be a tensor",
    "Observation(spots, 'toy', zeros[:4], zeros, [1, 2])": "The neurons of toy should be a tensor but came as list",
    "Observation(spots, 'toy', zeros[:4], zeros, zeros[0])": "must be rows, whole numbers from 0 to 59",
    "Observation(spots, 'toy', zeros[:4], zeros, likelihood='sizes')": "is a Likelihood or None, not a str",
    "Observation('ENCODER', 'toy', zeros[:4], zeros)": "explained by an Encoder, not by a str.",
    "rv.solve(3, rv.Map)": "Map is a class, not settings; give Map().",
    "rv.solve(problem, rv.Paper(), observe=3)": "observe and keep are called after each step",
    "rv.solve(problem, rv.Paper(), resume=3)": "and resume is a Snapshot that keep was given.",
    "rv.solve(problem, rv.Paper(), device='tpu')": "The device 'tpu' cannot be used here",
    "spots.predict_clip(screen, zeros, 'toy')": "The movie of a clip should be a tensor but came as ndarray.",
    "spots.predict_clip(zeros[None], zeros[:4], 'toy')": "but (1, 60, 9) and (4, 9) were given.",
    "lab['mouse1'].trial('0', 0.5)": "Frames 0.5 to None of trial 0 were asked for",
    "rv.Problem(3)": "made of a tuple of Observation, but 3 was given",
    "lab['mouse1'].as_read(screen[0])": "Responses of mouse1 are numbers of the shape (",
    "lab['mouse1'].as_read(None)": "time), but () of object were given",
    "rv.Recording.from_trials('mouse', [3])": "What was given as trials could not be read",
    "rv.Recording.from_arrays('mouse', None, movies={}, shown={})": "What was shown to mouse has no columns,",
    "rv.Recording.from_arrays('mouse', None, movies={'a': screen}, shown=shown)": "came without times",
}
"""Calls that are not what they should be, and what is said of each."""


def try_all(folder: Path, told: Connection) -> None:
    """Make all mistakes beside DATA, and tell of each what was said."""
    os.chdir(folder)
    names = {
        "rv": rv,
        "lab": rv.open("DATA"),
        "made": made_up(),
        "screen": np.zeros((9, 4, 6)),
        "shown": {"onset": [0.0], "clip": ["a"]},
        "spots": SpotEncoder(),
        "zeros": torch.zeros(60, 9),
        "Observation": Observation,
        "ramp": np.linspace(0, 255, 216).reshape(9, 4, 6),
        "problem": rv.Problem((Observation(SpotEncoder(), "toy", torch.zeros(4, 9), torch.zeros(60, 9)),)),
    }
    for call in MISTAKEN:
        try:
            told.send(f"nothing, but returned {eval(call, names)}")
        except ReverieError as error:
            told.send(str(error))


def test_calls_with_something_of_another_kind_are_one_sentence_each(tmp_path):
    # In a process of its own, since calls in the tests are checked for types, as those of users are not.
    furnish(tmp_path)
    received, told = Pipe(duplex=False)
    process = forks().Process(target=try_all, args=(tmp_path, told))
    process.start()
    told.close()
    for call, expected in MISTAKEN.items():
        sentence = received.recv()
        assert expected in sentence, call
        assert "\n" not in sentence
    process.join()
