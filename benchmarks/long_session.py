"""How long a session of two hours takes to inspect, and how much memory to train from.

``python -m benchmarks.long_session FOLDER`` writes one (216,000 frames of 36 x 64 pixels, 3000 neurons, memory-mapped,
3 GB) in the experanto or the Sensorium layout, and runs the verbs on it, each in a process of its own.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from reverie.recordings.readers.experanto_writer import write_session
from reverie.recordings.readers.sensorium_layout import write_recording
from reverie.recordings.trial import Trial

FRAMES, SIZE, SQUARE = 300, (36, 64), 4
"""Frames of a trial, pixels of a frame, and the side of the squares the movies are made of."""


@dataclass(frozen=True)
class Cost:
    """What one verb took: seconds by the clock and of the processor, and the most memory resident at once, GiB.

    Resident memory counts the pages of mapped files too, which the system takes back when it needs them.
    """

    verb: str
    seconds: float
    processor_seconds: float
    gibibytes: float


def trials(hours: float, neurons: int, seed: int = 0) -> Iterator[Trial]:
    """Yield trials whose movies are all different and whose responses are rare events that mean nothing."""
    generator = np.random.default_rng(seed)
    block = np.where(generator.random((neurons, 2 * FRAMES)) < 0.1, generator.gamma(1.0, 5.0, (neurons, 2 * FRAMES)), 0)
    block = block.astype(np.float32)
    count = round(hours * 3600 * 30 / FRAMES)
    for number in range(count):
        coarse = (
            generator.uniform(0, 255, (FRAMES // 10, SIZE[0] // SQUARE, SIZE[1] // SQUARE)).round().astype(np.float32)
        )
        movie = coarse.repeat(10, axis=0).repeat(SQUARE, axis=1).repeat(SQUARE, axis=2)
        state = np.cumsum(generator.standard_normal((4, FRAMES)), axis=1).astype(np.float32)
        start = int(generator.integers(FRAMES))
        tier = "oracle" if number % 60 == 0 else "train"
        yield Trial(str(number), tier, movie, state, block[:, start : start + FRAMES])


def measured(verb: str, *words: str) -> Cost:
    """Run a verb of the command line in a process of its own and return what it took."""
    began = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-m", "reverie.cli.main", verb, *words])
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    if status:
        raise SystemExit(f"reverie {verb} ended with {os.waitstatus_to_exitcode(status)}.")
    return Cost(verb, round(seconds, 1), round(usage.ru_utime + usage.ru_stime, 1), round(usage.ru_maxrss / 2**20, 2))


def main() -> None:
    """Write the session unless it is there, measure, and print a line a verb."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--hours", type=float, default=2.0)
    parser.add_argument("--neurons", type=int, default=3000)
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--layout", choices=("experanto", "sensorium"), default="experanto")
    asked = parser.parse_args()
    place = asked.folder / f"{asked.layout}-{asked.hours:g}h-{asked.neurons}"
    if not place.exists():
        write = write_session if asked.layout == "experanto" else write_recording
        write(place / "mouse", trials(asked.hours, asked.neurons))
    encoder = asked.folder / f"encoder-{os.getpid()}"
    costs = [
        measured("inspect", str(place)),
        measured("train", str(place), "--out", str(encoder), "--architecture", "compact", "--steps", str(asked.steps)),
    ]
    print(json.dumps([asdict(cost) for cost in costs], indent=1))


if __name__ == "__main__":
    main()
