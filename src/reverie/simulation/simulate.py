"""Writing recordings of simulated animals to disk, as if they had been made by somebody else."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from reverie.foundation.progress import tracked
from reverie.recordings.readers.sensorium_writer import write_recording
from reverie.simulation.kinds import KINDS, Kind
from reverie.simulation.mouse import AnyMovie, SimulatedMouse, schedule
from reverie.simulation.true_encoder import TrueEncoder


def simulate(
    folder: Path,
    movies: Mapping[str, Sequence[tuple[str, AnyMovie]]],
    *,
    mice: Mapping[str, int],
    kind: Kind = KINDS["default"],
    seed: int = 0,
    repeats: Mapping[str, int] | None = None,
) -> TrueEncoder:
    """Let simulated animals watch movies, write one Sensorium 2023 recording each, and return their truth.

    movies: by tier, (name, movie) pairs, all of one frame size; a function instead of a movie is called for it whenever
    it is shown, so that no more than one is in memory. Every animal watches all of them, each in its own mood. Trials
    are numbered as ``schedule`` does. mice: neurons by animal; each gets the folder of its name. kind: of animals, see
    ``find_kind``. seed: of the neurons, the behaviour and the noise. repeats: showings by tier.

    Raises ReverieError on no movies, no neurons, movies of several sizes, or a folder that exists.
    """
    presentations = schedule(movies, repeats)
    height, width = presentations[0].movie.shape[1:]
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
