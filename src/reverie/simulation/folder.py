"""Writing recordings of simulated animals that watched real or synthetic movies."""

import math
import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from reverie.encoders.checkpoints import read_description, save_encoder
from reverie.foundation.arrays import FRAME_SIZE
from reverie.foundation.errors import ReverieError, reading_foreign, some
from reverie.foundation.files import write_text
from reverie.foundation.folders import clear, holds_nothing, locked, require_folder
from reverie.foundation.progress import say, tracked
from reverie.foundation.requests import given_path, with_options
from reverie.recordings.readers.registry import open_recordings
from reverie.recordings.readers.sensorium_layout import write_recording
from reverie.recordings.recording import Recording
from reverie.simulation.darkness import Darkness, replay_table
from reverie.simulation.kinds import KINDS, Kind, find_kind
from reverie.simulation.mouse import MovieSource, SimulatedMouse, schedule, spontaneous_presentations
from reverie.simulation.request import SimulationRequest
from reverie.simulation.true_encoder import TrueEncoder
from reverie.stimuli.clips import StimulusSettings
from reverie.stimuli.footage import find_videos, make_tiers

TRUTH = "truth"
"""Name of the folder, beside the animals', of their true encoder."""

REPLAYS = "replays.csv"
"""File in that folder: the replays hidden in trials without a movie, the same for all animals."""

REPLAY_STREAM = 7
"""Separates the random numbers of hidden replays from all others of the same seed."""

PARTIAL = ".partial"
"""The hidden folder in which recordings and truth are written before they are moved to their places."""

FLOAT_BYTES = 4
"""Bytes of one response on the disk; a pixel takes at least one byte."""


@dataclass(frozen=True)
class Simulation:
    """Animals, and the movies that all of them watch, each with a behaviour of its own."""

    movies: Mapping[str, Sequence[tuple[str, MovieSource]]]
    """(name, movie) pairs by tier, all of one frame size; a function instead of a movie is called for it whenever it
    is shown, so that no more than one is in memory. Trials are numbered as by ``schedule``."""
    mice: Mapping[str, int]
    """Number of neurons by animal; an animal's name is that of its folder."""
    kind: Kind = KINDS["default"]
    """Kind of the animals."""
    seed: int = 0
    """Seed of the neurons, the behaviour and the noise."""
    repeats: Mapping[str, int] = field(default_factory=dict)
    """How often the movies of a tier are shown, once where it is not named."""
    darkness: Darkness | None = None
    """Trials without a movie that follow all others, and what is hidden in them."""


def simulate(folder: Path, simulation: Simulation) -> TrueEncoder:
    """Let simulated animals watch movies, write one Sensorium 2023 recording each, and return their truth.

    The replays hidden in trials without a movie are written to FOLDER/truth.

    Raises ReverieError on no movies, no neurons, movies of several sizes, or a folder that exists.
    """
    mice, kind, seed = simulation.mice, simulation.kind, simulation.seed
    presentations = schedule(simulation.movies, simulation.repeats)
    height, width = presentations[0].movie.shape[1:]
    if simulation.darkness is not None:
        dark, hidden = spontaneous_presentations(
            presentations, simulation.darkness, np.random.default_rng([seed, REPLAY_STREAM])
        )
        presentations += dark
        write_text(folder / TRUTH / REPLAYS, replay_table(hidden).to_csv(index=False))
    truth = kind.encoder(mice, (height, width), seed)
    for mouse in mice:
        animal = SimulatedMouse(truth, mouse, presentations, noise=kind.noise, seed=seed)
        trials = (animal.trial(show.trial) for show in presentations)
        write_recording(
            folder / mouse,
            tracked(trials, len(presentations), f"simulating {mouse}"),
            unit_ids=np.arange(animal.neurons),
            coordinates=animal.coordinates,
        )
    return truth


def write_simulation(out: Path, simulation: Simulation) -> None:
    """Write recordings and truth to a hidden folder in ``out``, and move them to ``out`` once they are complete.

    ``out`` gets one folder for each animal, and one for the truth. It is not replaced itself, since it may be a link or
    somebody's working directory. What an interrupted call left behind is removed. Raises ReverieError when something
    that would be overwritten is there already.
    """
    building, names = out / PARTIAL, (*simulation.mice, TRUTH)
    with locked(building, out):
        try:
            _undo_moves(building, out, names)
            clear(building)
            truth, kind = simulate(building, simulation), simulation.kind
            about = {"simulated": True, "kind": kind.name, "without": list(kind.lacks)}
            save_encoder(truth, building / TRUTH, about=about)
            for name in names:
                (building / name).rename(out / name)
        finally:
            with suppress(OSError):  # it may hold something that could not be moved, which the next call reports
                building.rmdir()


def _undo_moves(building: Path, out: Path, names: Sequence[str]) -> None:
    """Remove what an earlier call that was interrupted had moved to its place; raises ReverieError at anything else."""
    if (building / TRUTH).exists():
        for name in names:
            if not (building / name).exists():
                shutil.rmtree(out / name, ignore_errors=True)
    taken = [name for name in names if (out / name).exists()]
    if taken:
        raise ReverieError(f"{out} holds {some(taken)} already; choose another folder, so that nothing is overwritten.")


def simulate_animals(
    out: Path | str,
    request: SimulationRequest | None = None,
    **options: Any,  # noqa: ANN401 - fields of SimulationRequest, which checks them
) -> dict[str, Recording]:
    """Write recordings of simulated animals, with their truth in OUT/truth, and return them by name.

    Parameters
    ----------
    out
        Folder to write, one folder for each animal, in the Sensorium 2023 layout.
    request
        Which animals watch which movies.
    **options
        Fields of the request, such as ``animals=1`` or ``kind="harsh"``, instead of one.

    Raises
    ------
    ReverieError
        When an option is unknown, a number is too small, a video is to be trained on and tested with, or the folder
        holds something already.
    """
    request = with_options(request or SimulationRequest(), options, "A simulation")
    folder = given_path(out, "The folder of a simulation")
    trials = {"train": request.train, "oracle": request.oracle, "live_test_main": request.test}
    kind, darkness = find_kind(request.kind, request.without), _darkness(request)
    _require_space(request, folder)
    generator = np.random.default_rng(request.seed)
    videos, test_videos = find_videos(request.videos), find_videos(request.test_videos)
    stimulus = StimulusSettings(request.stimulus, request.square)
    tiers = make_tiers(videos, test_videos, trials, request.frames, generator, stimulus)
    movies = {
        tier: [(f"{tier} {number}", movie) for number, movie in enumerate(clips)] for tier, clips in tiers.items()
    }
    simulation = Simulation(
        movies,
        mice={f"mouse{number}": request.neurons for number in range(1, request.animals + 1)},
        kind=kind,
        seed=request.seed,
        repeats={"live_test_main": request.test_repeats},
        darkness=darkness,
    )
    write_simulation(folder, simulation)
    made = "1 simulated animal is" if request.animals == 1 else f"{request.animals} simulated animals are"
    say(f"{made} in {folder}; the encoder that knows the truth is {folder / TRUTH}.")
    return open_recordings(folder)


def is_simulated(recording: Recording) -> bool:
    """Return whether an animal is a simulated one, whose true encoder lies beside its recording."""
    folder = recording.place.parent / TRUTH
    try:
        with reading_foreign(folder):
            description = read_description(folder)
            stated = description["about"].get("simulated") and recording.name in description["mice"]
    except ReverieError:  # there is none, or none that says so
        return False
    return bool(stated) and recording.place.exists()


def _require_space(request: SimulationRequest, folder: Path) -> None:
    """Raise ReverieError when the folder holds something, or its disk has no room for the animals."""
    if not holds_nothing(folder) and not (folder / PARTIAL).exists():
        raise ReverieError(f"{folder} is not empty; choose another --out, so that nothing is overwritten.")
    showings = request.train + request.oracle + request.test * request.test_repeats + request.dark
    needed = request.animals * showings * request.frames * (request.neurons * FLOAT_BYTES + math.prod(FRAME_SIZE))
    require_folder(folder, needed)


def _darkness(request: SimulationRequest) -> Darkness | None:
    if not request.dark:
        return None
    return Darkness(
        request.dark,
        request.frames,
        request.replays,
        request.replay_strength,
        request.replay_speeds,
        request.replay_frames,
    )
