"""Writing recordings of simulated animals that watched real or synthetic movies."""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from reverie.encoders.checkpoints import save_encoder
from reverie.foundation.arrays import Movie
from reverie.foundation.errors import ReverieError
from reverie.foundation.progress import say
from reverie.simulation.kinds import find_kind
from reverie.simulation.names import KindName, PartName
from reverie.simulation.simulate import simulate
from reverie.stimuli.footage import find_videos, make_tiers

TRUTH = "truth"
"""The folder, beside the animals', of the encoder that knows everything about them."""


def write_simulation(
    out: Path,
    movies: Mapping[str, Sequence[tuple[str, Movie]]],
    *,
    mice: Mapping[str, int],
    kind: KindName = "default",
    without: Sequence[PartName] = (),
    seed: int,
    repeats: Mapping[str, int] | None = None,
) -> None:
    """Write recordings and truth beside ``out`` and move them there once they are whole.

    What an interrupted call left behind is removed. movies: (name, movie) pairs by tier. mice: neurons by animal.
    kind, without: of the
    animals, see ``find_kind``. repeats: how often each movie of a tier is shown, once by default.
    """
    building = out.with_name(f".{out.name}.partial")
    shutil.rmtree(building, ignore_errors=True)
    truth = simulate(building, movies, mice=mice, kind=find_kind(kind, without), seed=seed, repeats=repeats)
    save_encoder(truth, building / TRUTH, about={"simulated": True, "kind": kind, "without": list(without)})
    if out.exists():
        out.rmdir()
    building.rename(out)


def simulate_data(
    out: Path,
    *,
    videos: Sequence[Path],
    test_videos: Sequence[Path] = (),
    animals: int,
    neurons: int,
    trials: Mapping[str, int],
    test_repeats: int = 1,
    frames: int,
    kind: KindName,
    without: Sequence[PartName] = (),
    seed: int,
) -> None:
    """Write ``animals`` recordings in the Sensorium 2023 layout to ``out``, and their truth to OUT/truth.

    kind, without: of the animals, see ``find_kind``. trials: how many of each tier. test_repeats: how often each movie
    of the test tier is shown. frames: of every trial, at 30 Hz.
    Raises ReverieError when a number is too small, a video is to be trained on and tested with, or the folder holds
    something already.
    """
    find_kind(kind, without)
    counts = {"animals": animals, "neurons": neurons, "frames": frames, "test repeats": test_repeats}
    for name, number in {**counts, **trials}.items():
        if number < (0 if name in trials else 1):
            raise ReverieError(f"The simulation cannot have {number} {name}; give a larger number.")
    if out.exists() and any(out.iterdir()):
        raise ReverieError(f"{out} is not empty; choose another --out, so that nothing is overwritten.")
    generator = np.random.default_rng(seed)
    tiers = make_tiers(find_videos(videos), find_videos(test_videos), trials, frames, generator)
    movies = {
        tier: [(f"{tier} {number}", movie) for number, movie in enumerate(clips)] for tier, clips in tiers.items()
    }
    mice = {f"mouse{number}": neurons for number in range(1, animals + 1)}
    repeats = {"live_test_main": test_repeats}
    write_simulation(out, movies, mice=mice, kind=kind, without=without, seed=seed, repeats=repeats)
    say(f"{animals} simulated animals are in {out}; the encoder that knows their truth is {out / TRUTH}.")
