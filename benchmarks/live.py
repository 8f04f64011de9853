"""How long a live picture takes, whether memory grows, and how much an offline method sees more.

python -m benchmarks.live speed      1500 and 8000 neurons, as fast as frames can be pushed
python -m benchmarks.live memory     ten hours of 100 neurons, as fast as frames can be pushed
python -m benchmarks.live score      simulated animals: live at several lags beside offline methods (--kinds, --neurons)
"""

import argparse
import resource
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import Final

import numpy as np
import pandas as pd

import reverie as rv
from benchmarks.kinds import ANIMAL, Materials, Size, prepare
from reverie.foundation.devices import prepare_threads
from reverie.inversion.linear.response_features import ResponseFeatures
from reverie.inversion.linear.ridge import RidgeDecoder, RidgeSettings
from reverie.inversion.linear.samples import PictureComponents, Population
from reverie.live.fitting import LiveDecoder, causal_lags
from reverie.recordings.trial import Trial

SIZE: Final = (36, 64)
LAG: Final = 8
COMPONENTS: Final = 512
RATE: Final = 30

LAGS: Final = (0.1, 0.2, 0.25, 0.3, 0.5)
"""Seconds behind at which live pictures are scored."""

SETTLED: Final = 200
"""Frames after which memory should grow no more."""


def drawn_live(neurons: int) -> rv.Live:
    """Return live reading with random weights, which take as long as fitted ones."""
    generator = np.random.default_rng(0)
    flat, ones = np.zeros(neurons, np.float32), np.ones(neurons, np.float32)
    features = ResponseFeatures(0.0, causal_lags(LAG)[0], flat, ones)
    basis = generator.standard_normal((COMPONENTS, SIZE[0] * SIZE[1])).astype(np.float32)
    weights = generator.standard_normal((features.count, COMPONENTS)).astype(np.float32)
    pictures = PictureComponents(np.full(SIZE, 127.5, np.float32), basis)
    ridge = RidgeDecoder(Population("mouse", neurons, SIZE), RidgeSettings(), features, pictures, weights, {})
    live = rv.Live.__new__(rv.Live)
    live.__dict__.update(frame_rate=30.0, lag=LAG, decoder=LiveDecoder(ridge, LAG, np.ones(SIZE, np.float32)))
    live.reset()
    return live


def push_all(neurons: int, frames: int) -> None:
    """Print how long pushes take, and by how much the memory of the process grew."""
    live = drawn_live(neurons)
    responses = np.random.default_rng(1).poisson(0.2, (64, neurons)).astype(np.float32)
    took, before = np.empty(frames, np.float32), 0
    took[:] = 0  # its pages are touched now, not as frames go by
    for number in range(frames):
        begin = perf_counter()
        live.push(responses[number % 64])
        took[number] = perf_counter() - begin
        if number == SETTLED:
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    print(
        f"{neurons} neurons, {frames} frames ({frames / RATE / 3600:.2f} h): median {1000 * np.median(took):.2f} ms, "
        f"99.9 % {1000 * np.quantile(took, 0.999):.1f} ms, longer than a frame {100 * np.mean(took > 1 / RATE):.3f} %, "
        f"memory +{grown / 1024:.1f} MiB",
        flush=True,
    )


def speed() -> None:
    """Push a few minutes of two populations."""
    for neurons in (1500, 8000):
        push_all(neurons, 20_000)


def memory() -> None:
    """Push ten hours of a population that is small, so that it takes minutes."""
    push_all(100, 10 * 3600 * RATE)


def score(out: Path, kinds: Sequence[str], neurons: int) -> None:
    """Print video correlations of each kind's test clips without their ends: offline methods, and live at each lag."""
    latest = -round(max(LAGS) * RATE)
    for kind in kinds:
        materials = prepare(kind, Size(neurons=neurons), out)
        recording = materials.session.recordings[ANIMAL]
        encoder = materials.session.encoders[materials.encoder]
        trials = [recording.trial(name) for name in recording.names("live_test_main")[: materials.size.clips]]
        shown = [
            replace(each, movie=each.known_movie[:latest], state=each.state[:, :latest], responses=None)
            for each in trials
        ]

        for method in (rv.Ridge(), rv.Combined(calibrated=False)):
            reader = rv.Reconstructor(encoder, recording, method).fit()
            movies = [reader.reconstruct(each).frames for each in trials]
            print(kind, method.name, means(materials, shown, movies), flush=True)
        for lag in LAGS:
            live = rv.Live(reader, lag).fit()
            movies = [played(live, each) for each in trials]
            print(kind, f"live, {lag} s behind", means(materials, shown, movies), flush=True)


def means(materials: Materials, shown: Sequence[Trial], movies: Sequence[np.ndarray]) -> str:
    """Return the mean scores of movies, of as many frames as were shown."""
    scores = [materials.scores(movie[: each.frames], each) for movie, each in zip(movies, shown, strict=True)]
    return ", ".join(f"{part} {value:.3f}" for part, value in pd.DataFrame(scores).mean().items())


def played(live: rv.Live, trial: Trial) -> np.ndarray:
    """Return all that was shown of a trial."""
    live.reset()
    assert trial.responses is not None
    return np.stack([frame.picture for frame in live.stream(trial.responses.T)])


def main() -> None:
    """Do what was asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.live", description=__doc__)
    parser.add_argument("what", choices=("speed", "memory", "score"))
    parser.add_argument("--out", type=Path, default=Path("kinds"), help="folder of benchmarks.kinds")
    parser.add_argument("--kinds", nargs="+", default=["default"], help="kinds of animals that are scored")
    parser.add_argument("--neurons", type=int, default=1500, help="of an animal that is scored")
    asked = parser.parse_args()
    prepare_threads()
    if asked.what == "score":
        score(asked.out, asked.kinds, asked.neurons)
    else:
        {"speed": speed, "memory": memory}[asked.what]()


if __name__ == "__main__":
    main()
