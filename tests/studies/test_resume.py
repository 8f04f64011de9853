"""A suite that is killed and started again goes on where it was, and ends with the tables of one that was not."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from tests.studies.interrupted import BRIEF

from reverie.fitted.session import open_session
from reverie.jobs.workers import Workers
from reverie.studies.ensembling import ENSEMBLING
from reverie.studies.population import POPULATION
from reverie.studies.running import run_suite
from reverie.studies.setup import Setup

ROOT = Path(__file__).parents[2]


def start(sources, out):
    words = [sys.executable, "-m", "tests.studies.interrupted", sources.data, out, *sources.encoders]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)]), "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(list(map(str, words)), cwd=ROOT, env=environment, stderr=subprocess.PIPE)


def finished(out):
    return {path: path.stat().st_mtime_ns for path in out.glob("jobs/*/movie.npz")}


@pytest.mark.slow
def test_a_killed_suite_goes_on_and_ends_with_the_same_tables(other_sources, tmp_path, tmp_path_factory):
    process = start(other_sources, tmp_path)
    while len(finished(tmp_path)) < 2 and process.poll() is None:
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    _, told = process.communicate()
    before = finished(tmp_path)
    assert len(before) >= 2, told.decode()
    session = open_session(other_sources)
    setup = Setup(session, BRIEF, tmp_path_factory.mktemp("unbroken"), Workers(session))
    for folder in (tmp_path, setup.out):
        run_suite(replace(setup, out=folder), [POPULATION, ENSEMBLING])
    after = finished(tmp_path)
    assert len(before) < len(after)
    assert {path: after[path] for path in before} == before
    for table in ("population/population.csv", "ensembling/ensembling.csv"):
        expected, found = (pd.read_csv(folder / table) for folder in (setup.out, tmp_path))
        pd.testing.assert_frame_equal(found, expected, rtol=1e-3)
    assert (tmp_path / "index.html").read_text().count("<h2") == 3
    assert not list(tmp_path.glob("jobs/*/unfinished.npz"))
