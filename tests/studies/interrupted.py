"""Run as a program: two experiments on the small animals of a folder, by two processes; made to be killed."""

import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

from tests.forking import OwnForks
from tests.studies.conftest import SCALE

from reverie.fitted.session import Sources, open_session
from reverie.jobs.engines import local
from reverie.jobs.engines.settings import EngineOptions
from reverie.jobs.workers import open_workers
from reverie.studies.ensembling import ENSEMBLING
from reverie.studies.population import POPULATION
from reverie.studies.running import run_suite
from reverie.studies.setup import Setup

BRIEF = replace(SCALE, clips=1, stops=(8,))
"""Few steps: what counts is which of the ten jobs are done, and when."""

if __name__ == "__main__":
    data, out, *encoders = map(Path, sys.argv[1:])
    local._OwnProcesses = OwnForks
    sources = Sources(data, tuple(encoders))
    session = open_session(sources)
    with open_workers(session, partial(open_session, sources), EngineOptions(jobs=2)) as workers:
        run_suite(Setup(session, BRIEF, out, workers), [POPULATION, ENSEMBLING])
