"""The whole pipeline on simulated data, for someone who has no recording at hand."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from reverie.cli.first_picture import first_picture
from reverie.fitted.session import Sources, open_session
from reverie.fitted.subject import FITTED
from reverie.foundation.arrays import FRAME_SIZE
from reverie.foundation.progress import say
from reverie.foundation.requests import require_seed
from reverie.inversion.methods.combined import Combined
from reverie.inversion.methods.paper import Paper
from reverie.inversion.methods.registry import Method
from reverie.jobs.clip import Clip
from reverie.jobs.job import Job
from reverie.jobs.workers import Workers
from reverie.runs.reconstructing import reconstruct_trials
from reverie.runs.reporting import report_run
from reverie.runs.run import Run
from reverie.simulation.folder import TRUTH, Simulation, write_simulation
from reverie.simulation.mouse import MovieSource
from reverie.stimuli.footage import embedded_clips, mix_footage, read_enlarged
from reverie.stimuli.resizing import resize
from reverie.studies.choosing import choose_stop
from reverie.training.folder import train_encoder
from reverie.training.request import TrainingRequest

FRAMES = 300
"""Frames of a clip: 10 s, as in the Sensorium 2023 recordings."""

VALIDATION_FRAMES = 150
"""Frames of a validation clip; these only decide when to stop and how methods are weighed, and half the length is
enough."""

MICE = {"mouse1": 1600}
"""The simulated animal and its number of neurons; a second animal would double the time and show nothing new."""

TRAINING_CLIPS = 60
"""Number of clips that the encoder learns from: half taken from a real clip, half synthetic."""

TRAINING_STEPS = 300
"""Steps of training, about a minute on two cores; a number, so that the same seed gives the same demo."""

STOPS = (10, 20, 30, 40, 60)
"""Numbers of steps to choose from; with so few neurons, the published 1000 would fit the noise of single trials."""

STRIDE = 32
"""Frames between windows; the encoder takes its history into account by itself, so overlapping windows add nothing."""


@dataclass
class Stages:
    """How long each stage took, in seconds, in order."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str, look: Path | str) -> Iterator[None]:
        """Time one stage, and say where to look when it is done."""
        say(f"\n— {name}")
        start = time.perf_counter()
        yield
        self.seconds[name] = time.perf_counter() - start
        print(f"After {sum(self.seconds.values()):.0f} s: {look}", flush=True)


def run_demo(out: Path, *, seed: int) -> None:
    """Simulate an animal that watches real and synthetic movies, and reconstruct real ones it was not trained on.

    Writes ``out``/first (one clip in seconds, with its page), ``out``/data, ``out``/encoder, ``out``/run (the published
    method, with report.html), ``out``/run-combined (the default method, likewise) and ``out``/stops.
    Stages finished before an interruption are not repeated.
    Raises ReverieError when the real clips are not installed, and BadInput when the seed is not valid.
    """
    seed, stages = require_seed(seed), Stages()
    data, encoder, run, combined = (out / name for name in ("data", "encoder", "run", "run-combined"))
    first = out / "first" / "run"
    with stages.stage("a first picture", f"the first movie is on {first / 'report.html'} and in {first}/*/*/movie.mp4"):
        first_picture(out / "first", seed)
    with stages.stage("simulating an animal that watches real and synthetic movies", f"`reverie inspect {data}`"):
        _simulate(data, seed)
    with stages.stage("training an encoder on its responses", f"how it went is in {encoder}"):
        _train(data, encoder, seed)
    with stages.stage("finding where the population can see", f"the masks are in {encoder / FITTED}"):
        _fit_masks(data, encoder, seed)
    with stages.stage("choosing when to stop, on validation movies", f"the scores are in {out / 'stops'}"):
        steps = _choose_stop(data, encoder, out, seed)
    with stages.stage("reconstructing held-out real movies from single trials", f"the page is {run / 'report.html'}"):
        _reconstruct(data, encoder, run, Paper(steps=steps, stride=STRIDE), seed, [_stopped(steps)])
        report_run(run)
    with stages.stage("the same movies by the default method", f"the page is {combined / 'report.html'}"):
        # Calibrating the standard deviation would take as long as the movies themselves.
        _reconstruct(data, encoder, combined, Combined(calibrated=False, seed=seed), seed)
        report_run(combined)
    _print_summary(stages, run / "report.html", steps)


def _simulate(data: Path, seed: int) -> None:
    if (data / TRUTH).exists():
        say(f"{data} is there already.")
        return
    generator = np.random.default_rng(seed)
    write_simulation(data, Simulation(demo_movies(generator), mice=MICE, seed=seed))


def demo_movies(generator: np.random.Generator) -> dict[str, list[tuple[str, MovieSource]]]:
    """Return the clips of each tier, each (time, 36, 64), with its name.

    Training movies are taken from one real clip, or synthetic; validation movies are taken from a second; the movies to
    be reconstructed come from a third, which is used for nothing else.
    """
    footage = {name: read_enlarged(path) for name, path in embedded_clips().items()}
    bikes = footage["bikes"]
    return {
        "train": _named("train", mix_footage([footage["bigbuckbunny"]], TRAINING_CLIPS, FRAMES, 0.5, generator)),
        "oracle": _named("carphone", mix_footage([footage["carphone_pristine"]], 2, VALIDATION_FRAMES, 1.0, generator)),
        "live_test_main": [
            ("bikes", resize(bikes, FRAME_SIZE)[:FRAMES]),
            *_named("bikes, moving camera", mix_footage([bikes], 1, FRAMES, 1.0, generator)),
        ],
    }


def _named(name: str, movies: Sequence[MovieSource]) -> list[tuple[str, MovieSource]]:
    return [(f"{name} {number}", movie) for number, movie in enumerate(movies, start=1)]


def _train(data: Path, encoder: Path, seed: int) -> None:
    train_encoder(
        data, encoder, TrainingRequest(architecture="compact", preset="small", steps=TRAINING_STEPS, seed=seed)
    )


def _fit_masks(data: Path, folder: Path, seed: int) -> None:
    """Fit the masks that were not fitted yet."""
    open_session(Sources(data, (folder,), seed=seed)).fit(["mask"])


def _choose_stop(data: Path, folder: Path, out: Path, seed: int) -> int:
    """Choose the number of steps on the first animal's validation trials, and keep the scores it was chosen by."""
    session = open_session(Sources(data, (folder,), seed=seed))
    animal, recording = next(iter(session.recordings.items()))
    trials = [name for name, tier in recording.tiers.items() if tier == "oracle"]
    method = Paper(stride=STRIDE)
    jobs = [Job(Clip(animal, name), (folder,), method) for name in trials]
    steps, _ = choose_stop(jobs, [(each, method.blur) for each in STOPS], Workers(session), out / "stops")
    say(f"Stopping after {steps} steps: the best of {', '.join(map(str, STOPS))} on the validation movies.")
    return steps


def _reconstruct(
    data: Path, encoder: Path, run: Path, method: Method, seed: int, about: Sequence[str] = ()
) -> pd.DataFrame:
    sources = Sources(data, (encoder,), seed=seed)
    return reconstruct_trials(sources, run, trials=("live_test_main",), run=Run(method, about=tuple(about)))


def _stopped(steps: int) -> str:
    return (
        f"The descent was stopped after {steps} steps, chosen on validation movies; the published method takes 1000, "
        "which on so few neurons follows the noise of the single trial."
    )


def _print_summary(stages: Stages, page: Path, steps: int) -> None:
    print("\ntime taken")
    for name, seconds in stages.seconds.items():
        print(f"  {seconds:6.1f} s  {name}")
    print(f"  {sum(stages.seconds.values()):6.1f} s  altogether")
    print(
        f"\nThe descent was stopped after {steps} steps, chosen on validation movies (the published method takes 1000)."
    )
    print(f"Open {page.resolve()} in a browser; the movies are {page.parent}/*/*/movie.mp4.")
    print(f"The movies of the default method are in {page.parent}-combined, with a page of their own.")
