"""How long a live picture takes, whether memory grows, and how much an offline method sees more.

python -m benchmarks.live speed      1500 and 8000 neurons, as fast as frames can be pushed
python -m benchmarks.live memory     ten hours of 100 neurons, as fast as frames can be pushed
python -m benchmarks.live score      a simulated animal: live at several lags beside ridge and map offline
"""

import resource
import sys
import tempfile
from pathlib import Path
from time import perf_counter
from typing import Final

import numpy as np

import reverie as rv
from benchmarks.planning import FRAMES, animals
from reverie.inversion.linear.contract import Population
from reverie.inversion.linear.response_features import ResponseFeatures
from reverie.inversion.linear.ridge import RidgeDecoder, RidgeSettings
from reverie.inversion.linear.samples import PictureComponents
from reverie.live.live import LiveDecoder, causal_lags
from reverie.scoring.correlation import video_correlation
from reverie.scoring.rule import frames_to_skip
from reverie.simulation.kinds import KINDS

SIZE: Final = (36, 64)
LAG: Final = 8
COMPONENTS: Final = 512
RATE: Final = 30

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


def score() -> None:
    """Print video correlations of test clips: offline methods, and live at several lags."""
    with tempfile.TemporaryDirectory() as folder:
        session = animals(Path(folder), KINDS["default"], seed=3, train=24)
        recording = session.recordings["mouse0"]
        encoder = session.encoders[Path(folder) / "encoder"]
        clips = [recording.trial(name) for name in recording.names("oracle")]
        mask = session.fitted("mouse0", Path(folder) / "encoder").mask >= 1
        latest = FRAMES - round(0.5 * 30)

        def scored(movies: list[np.ndarray]) -> float:
            frames = slice(frames_to_skip(FRAMES), latest)
            pairs = zip(movies, clips, strict=True)
            return float(
                np.mean([video_correlation(one[frames], each.known_movie[frames], mask) for one, each in pairs])
            )

        for method in (rv.Ridge(), rv.Map(draws=0, calibrated=False)):
            reader = rv.Reconstructor(encoder, recording, method).fit()
            print(method.name, round(scored([reader.reconstruct(each).frames for each in clips]), 3), flush=True)
        for lag in (0.0, 0.1, 0.2, 0.25, 0.3, 0.5):
            live = rv.Live(reader, lag).fit()
            movies = []
            for each in clips:
                live.reset()
                assert each.responses is not None
                movies.append(np.stack([frame.picture for frame in live.stream(each.responses.T)]))
            print(f"live, {lag} s", round(scored(movies), 3), flush=True)


if __name__ == "__main__":
    {"speed": speed, "memory": memory, "score": score}[sys.argv[1]]()
