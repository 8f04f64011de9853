"""Runs of the tiny world, made in a moment."""

from reverie.fitted.session import Sources
from reverie.inversion.methods.map import Map
from reverie.jobs.engines.settings import EngineOptions
from reverie.runs.options import Joining
from reverie.runs.reconstructing import reconstruct_trials
from reverie.runs.run import Run

QUICK = Map(steps=3, draws=1, calibrated=False, likelihood="sizes")


def sources_of(world, *more, animals=("alpha",), **options):
    return Sources(world.data, (world.encoder, *more), animals=animals, device="cpu", **options)


def reconstruct(world, out, *trials, method=QUICK, joining=None, jobs=1, **options):
    run = Run(method, joining or Joining())
    return reconstruct_trials(sources_of(world, **options), out, trials=trials, run=run, on=EngineOptions(jobs=jobs))
