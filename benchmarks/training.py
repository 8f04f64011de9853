"""How many frames a second training learns from, read from disk window by window and with everything in memory.

``python -m benchmarks.training FOLDER [--neurons 1000 2000 4000 8000]`` writes recordings whose responses mean nothing,
one for each number of neurons, and takes steps of the command line's default encoder in turns.
"""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Final

import torch

from benchmarks.long_session import trials
from benchmarks.timing import in_turns
from reverie.encoders.presets import preset
from reverie.encoders.registry import find_architecture
from reverie.foundation.devices import prepare_threads
from reverie.recordings.opening import open_animals
from reverie.recordings.readers.sensorium_layout import write_recording
from reverie.training.batches import IN_MEMORY, WindowSampler, load_trials
from reverie.training.planning import recipe
from reverie.training.step import new_run, take_step

HOURS: Final = 0.1
"""36 clips of 10 s: of 8000 neurons 350 MB of responses beside 100 MB of movies."""

STEPS: Final = 5
"""Steps that are timed at once."""

LIMITS: Final = {"in memory": 2**50, "windows from disk": 0, "as it is": IN_MEMORY}
"""Bytes of trials that are kept in memory."""


def learners(folder: Path, neurons: int) -> tuple[dict[str, Callable[[], object]], int]:
    """Return what takes some steps, by where trials are read from, and how many frames they learn from."""
    place = folder / f"mouse{neurons}"
    if not place.exists():
        write_recording(place, trials(HOURS, neurons))
    (recording,) = open_animals(place).values()
    names = recording.names("train")
    settings = recipe("compact", on_gpu=False)

    def learner(limit: int) -> Callable[[], object]:
        torch.manual_seed(0)
        sizes = {recording.name: neurons}
        encoder = find_architecture("compact").encoder(preset("compact", "small"), sizes, recording.frame_size)
        windows = WindowSampler.of(
            encoder, {recording.name: load_trials(recording, names, encoder, limit=limit)}, settings
        )
        run = new_run(encoder.train(), settings)
        return lambda: [take_step(run, windows, settings, None) for _ in range(STEPS)]

    taught = {name: learner(limit) for name, limit in LIMITS.items()}
    return taught, STEPS * settings.batch * settings.window


def main() -> None:
    """Print a line for each number of neurons."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.training", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--neurons", type=int, nargs="+", default=[1000, 2000, 4000, 8000])
    parser.add_argument("--rounds", type=int, default=7)
    asked = parser.parse_args()
    prepare_threads()
    for neurons in asked.neurons:
        taught, frames = learners(asked.folder, neurons)
        timings = in_turns(taught, asked.rounds)
        whole = timings["in memory"].processor
        for name, timing in timings.items():
            share = sorted(a / b for a, b in zip(whole, timing.processor, strict=True))[len(whole) // 2]
            per_second = frames * len(timing.processor) / sum(timing.processor)
            print(
                f"{neurons} neurons, {name}: {per_second:.0f} frames per second of processor, {share:.2f}", flush=True
            )


if __name__ == "__main__":
    main()
