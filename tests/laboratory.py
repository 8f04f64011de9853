"""A laboratory as the documentation takes it for granted: a folder DATA, and a machine that trains for a moment."""

import re
import tempfile
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from reverie.simulation.folder import Simulation, simulate
from reverie.stimuli.naturalistic import naturalistic_movie
from reverie.training.settings import TrainingSettings

SIZE, FRAMES = (16, 24), 48

DOCUMENTS = Path(__file__).parent.parent
"""Where README.md and docs lie."""

CELL = """\
import reverie as rv
lab     = rv.open("DATA")                               # a Sensorium folder, experanto, NWB, suite2p …; rv.Recording.from_arrays(…) for your own
encoder = rv.train(lab, out="ENCODER")                  # or rv.load("ENCODER"), rv.import_weights("model.pth", animals=[…])
reader  = rv.Reconstructor(encoder, lab["mouse1"]).fit()   # mask, prior, noise, calibration: once, kept beside the encoder under one fingerprint
movie   = reader.reconstruct(lab["mouse1"]["3"])        # .frames .std .interval(0.95) .information .mask .trace
movie.score(); movie.show(); movie.to_xarray(); rv.report([movie], "report.html")
"""  # noqa: E501 - word for word
"""The first cell of the first notebook."""

FENCE = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
"""What a page of the documentation has as Python."""


def blocks_of(page: Path) -> list[str]:
    """Return the Python blocks of a page, each preceded by as many empty lines as lie above it, for tracebacks."""
    text = page.read_text(encoding="utf-8")
    return ["\n" * text.count("\n", 0, match.start(1)) + match.group(1) for match in FENCE.finditer(text)]


def furnish(folder: Path) -> None:
    """Write DATA into a folder: one animal, trials 0 to 2 for training, 3 for validation, 4 and 5 for tests."""
    generator = np.random.default_rng(5)
    movies = {
        tier: [(f"{tier} {number}", naturalistic_movie(FRAMES, generator, frame_size=SIZE)) for number in range(count)]
        for tier, count in {"train": 3, "oracle": 1, "live_test_main": 2}.items()
    }
    simulate(folder / "DATA", Simulation(movies, mice={"mouse1": 80}, seed=4))


def enter(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in a folder, on a machine that trains for a moment, calibrates on little and simulates small screens."""
    monkeypatch.chdir(folder)
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.setattr("reverie.training.planning.seconds_per_step", lambda *others: 1.0)
    monkeypatch.setattr("reverie.training.planning.fit_to_time", lambda settings, *others: shortest(settings))
    monkeypatch.setattr("reverie.fitted.calibrating.CALIBRATION_CLIPS", 2)
    monkeypatch.setattr("reverie.fitted.calibrating.VALIDATION_CLIPS", 1)
    monkeypatch.setattr("reverie.fitted.calibrating.SHORT_CLIP", 40)
    monkeypatch.setattr("reverie.stimuli.clips.naturalistic_movie", partial(naturalistic_movie, frame_size=SIZE))


def shortest(settings: TrainingSettings) -> TrainingSettings:
    """Return the settings of a training for which there is hardly any time."""
    return replace(settings, steps=10, warm_up=1, validate_every=10)
