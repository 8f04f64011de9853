"""Writing recordings of simulated animals to disk, as if they had been made by somebody else."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from reverie.foundation.files import write_text
from reverie.foundation.progress import tracked
from reverie.recordings.readers.sensorium_writer import write_recording
from reverie.simulation.darkness import Darkness, replay_table
from reverie.simulation.kinds import KINDS, Kind
from reverie.simulation.mouse import AnyMovie, SimulatedMouse, in_the_dark, schedule
from reverie.simulation.true_encoder import TrueEncoder

TRUTH: Final = "truth"
"""The folder, beside the animals', of the encoder that knows everything about them."""

REPLAYS: Final = "replays.csv"
"""The file in it of what is hidden in trials without a movie, the same for all animals."""

DARK: Final = 7
"""Sets the draws of what is hidden apart from all others of the same seed."""


def simulate(
    folder: Path,
    movies: Mapping[str, Sequence[tuple[str, AnyMovie]]],
    *,
    mice: Mapping[str, int],
    kind: Kind = KINDS["default"],
    seed: int = 0,
    repeats: Mapping[str, int] | None = None,
    darkness: Darkness | None = None,
) -> TrueEncoder:
    """Let simulated animals watch movies, write one Sensorium 2023 recording each, and return their truth.

    movies: by tier, (name, movie) pairs, all of one frame size; a function instead of a movie is called for it whenever
    it is shown, so that no more than one is in memory. Every animal watches all of them, each in its own mood. Trials
    are numbered as ``schedule`` does. mice: neurons by animal; each gets the folder of its name. kind: of animals, see
    ``find_kind``. seed: of the neurons, the behaviour and the noise. repeats: showings by tier.
    darkness: trials without a movie that follow all others; what is hidden in them is written to FOLDER/truth.

    Raises ReverieError on no movies, no neurons, movies of several sizes, or a folder that exists.
    """
    presentations = schedule(movies, repeats)
    height, width = presentations[0].movie.shape[1:]
    if darkness is not None:
        dark, hidden = in_the_dark(presentations, darkness, np.random.default_rng([seed, DARK]))
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
            padded_frames=None,
        )
    return truth
