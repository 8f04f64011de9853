"""The site builds without a warning (pages in the navigation, links, anchors), and the notebooks run."""

import logging
import os
import re
import runpy
import subprocess
import sys
from pathlib import Path

import matplotlib.pyplot as plt
import pytest
from tests.fixtures import cover_the_frame
from tests.laboratory import DOCUMENTS, FRAMES, SIZE, enter
from tests.worlds import bright_movies

from reverie.simulation.folder import Simulation, simulate

NOTEBOOKS = sorted((DOCUMENTS / "docs/notebooks").glob("*.py"))
TIERS = {"train": 4, "oracle": 2, "live_test_main": 2}


@pytest.mark.slow
def test_the_site_builds_without_a_warning(tmp_path):
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path / "site")]
    environment = {**os.environ, "REVERIE_SITE_EXECUTE": "false", "PYTHONWARNINGS": "ignore"}
    done = subprocess.run(command, cwd=DOCUMENTS, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    pages = {path: path.read_text(encoding="utf-8") for path in (tmp_path / "site").rglob("index.html")}
    assert "A first picture" in pages[tmp_path / "site/start/index.html"]
    assert {f"notebooks/{one.stem}" for one in NOTEBOOKS} <= {
        path.parent.relative_to(tmp_path / "site").as_posix() for path in pages
    }
    assert [one for path, text in pages.items() for one in broken_links(path, text)] == []
    assert not any("fonts.googleapis" in text for text in pages.values())


LINK = re.compile(r'(?:href|src)="(?!https?:|data:|mailto:|#)([^"#?]+)')


def broken_links(page: Path, text: str) -> list[str]:
    """Return links inside the site that lead nowhere; those in notebooks are not seen by the builder."""
    targets = {link: page.parent / link for link in LINK.findall(text)}
    return [f"{page}: {link}" for link, target in targets.items() if not target.exists()]


@pytest.fixture(scope="module")
def laboratory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the notebooks work: the recordings that they would simulate, on a small screen."""
    folder: Path = tmp_path_factory.mktemp("notebooks")
    movies = bright_movies(TIERS, FRAMES, SIZE, seed=5)
    simulate(folder / "reverie-notebooks/DATA", Simulation(movies, mice={"mouse1": 60, "mouse2": 50}, seed=4))
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_run(notebook, laboratory, monkeypatch, capsys):
    enter(laboratory, monkeypatch)
    cover_the_frame(monkeypatch)
    monkeypatch.setattr("reverie.fitted.calibrating.SHORT_CLIP", 40)
    monkeypatch.setattr(plt, "show", lambda: plt.close("all"))
    logging.getLogger("matplotlib").setLevel(logging.WARNING)
    runpy.run_path(str(notebook))
    assert "correlation" in capsys.readouterr().out or notebook.stem == "two_animals"
