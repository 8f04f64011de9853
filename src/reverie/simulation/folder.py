"""Writing recordings of simulated animals that watched real or synthetic movies."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from reverie.encoders.checkpoints import save_encoder
from reverie.foundation.errors import ReverieError
from reverie.foundation.places import holds_nothing, require_folder
from reverie.foundation.progress import say
from reverie.recordings.readers.registry import open_recordings
from reverie.recordings.recording import Recording
from reverie.simulation.kinds import find_kind
from reverie.simulation.mouse import AnyMovie
from reverie.simulation.names import KindName, PartName
from reverie.simulation.request import SimulationRequest
from reverie.simulation.simulate import simulate
from reverie.stimuli.clips import Stimulus
from reverie.stimuli.footage import find_videos, make_tiers

TRUTH = "truth"
"""The folder, beside the animals', of the encoder that knows everything about them."""


def write_simulation(
    out: Path,
    movies: Mapping[str, Sequence[tuple[str, AnyMovie]]],
    *,
    mice: Mapping[str, int],
    kind: KindName = "default",
    without: Sequence[PartName] = (),
    seed: int,
    repeats: Mapping[str, int] | None = None,
) -> None:
    """Write recordings and truth beside ``out`` and move them there once they are whole.

    What an interrupted call left behind is removed. movies: (name, movie) pairs by tier. mice: neurons by animal.
    kind, without: of the animals, see ``find_kind``. repeats: how often each movie of a tier is shown, once by default.
    """
    target = out.resolve()  # ``.`` has no name, and a link is to keep pointing where it does
    building = target.with_name(f".{target.name}.partial")
    shutil.rmtree(building, ignore_errors=True)
    truth = simulate(building, movies, mice=mice, kind=find_kind(kind, without), seed=seed, repeats=repeats)
    save_encoder(truth, building / TRUTH, about={"simulated": True, "kind": kind, "without": list(without)})
    if not target.exists():
        building.rename(target)
        return
    # The folder itself may be where somebody stands, so its contents come to it.
    for place in sorted(building.iterdir(), key=lambda place: place.name == TRUTH):  # the truth says that all is there
        place.rename(target / place.name)
    building.rmdir()


def simulate_animals(
    out: Path | str,
    request: SimulationRequest | None = None,
    **options: Any,  # noqa: ANN401 - fields of SimulationRequest, which checks them
) -> dict[str, Recording]:
    """Write recordings of simulated animals, and their truth to OUT/truth, and return them by name.

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
    try:
        asked = replace(request or SimulationRequest(), **options)
    except TypeError as error:
        known = ", ".join(field.name for field in fields(SimulationRequest))
        raise ReverieError(f"A simulation has the options {known}, but was given {', '.join(options)}.") from error
    folder = Path(out)
    find_kind(asked.kind, asked.without)
    trials = {"train": asked.train, "oracle": asked.oracle, "live_test_main": asked.test}
    for name in ("animals", "neurons", "frames", "test_repeats"):
        if getattr(asked, name) < 1:
            raise ReverieError(f"The simulation cannot have {getattr(asked, name)} {name}; give a larger number.")
    for name, number in trials.items():
        if number < 0:
            raise ReverieError(f"The simulation cannot have {number} trials of {name}; give a larger number.")
    require_folder(folder.absolute().parent)
    if not holds_nothing(folder):
        raise ReverieError(f"{folder} is not empty; choose another --out, so that nothing is overwritten.")
    generator = np.random.default_rng(asked.seed)
    videos, test_videos = find_videos(asked.videos), find_videos(asked.test_videos)
    stimulus = Stimulus(asked.stimulus, asked.square)
    tiers = make_tiers(videos, test_videos, trials, asked.frames, generator, stimulus)
    movies = {
        tier: [(f"{tier} {number}", movie) for number, movie in enumerate(clips)] for tier, clips in tiers.items()
    }
    write_simulation(
        folder,
        movies,
        mice={f"mouse{number}": asked.neurons for number in range(1, asked.animals + 1)},
        kind=asked.kind,
        without=asked.without,
        seed=asked.seed,
        repeats={"live_test_main": asked.test_repeats},
    )
    say(f"{asked.animals} simulated animals are in {folder}; the encoder that knows their truth is {folder / TRUTH}.")
    return open_recordings(folder)
