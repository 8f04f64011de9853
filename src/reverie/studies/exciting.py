"""What excites single neurons most, through an encoder, and whether the true neuron agrees where it is known."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float

from reverie.encoders.contract import Encoder
from reverie.encoders.prediction import predict
from reverie.fitted.assuming import own_prior
from reverie.fitted.loading import training_trials
from reverie.fitted.materials import Materials
from reverie.foundation.arrays import Movie, State
from reverie.foundation.progress import tracked
from reverie.inversion.exciting import most_exciting_movie
from reverie.inversion.fidelity import poisson
from reverie.inversion.problem import Observation, Problem
from reverie.studies.synthetic import ordinary_state

FRAMES, FIRST = 45, 15
"""Length of the movies, and the frame from which on rates count: 1 s, after half a second of lead."""

MOVIES = 30
"""Training movies among which the most exciting cut-out is looked for, evenly chosen."""

AnyMovie = Float[np.ndarray, "_ _ _"]
"""A movie (time, height, width) of any length."""


@dataclass(frozen=True)
class Excited:
    """One neuron's most exciting movie (time, height, width), and the most exciting cut-out of training movies."""

    animal: str
    neuron: int
    movie: Movie
    natural: Movie


def excite(
    materials: Materials, animal: str, folder: Path, neurons: Sequence[int]
) -> tuple[list[Excited], pd.DataFrame]:
    """Find the most exciting movies of some neurons of an animal through one encoder, in an ordinary moment.

    Columns of the table, one row a neuron: animal, neuron, and mean rates to the movie found (exciting), the cut-out of
    training movies that the encoder likes best (natural) and all cut-outs (ordinary), as the encoder predicts them; for
    simulated animals the same of the true neuron, with true_ before.
    """
    recording, state = materials.recordings[animal], ordinary_state(materials, animal, FRAMES)
    names = training_trials(recording, folder)
    cuts = _cut_outs([recording.movie(name) for name in names[:: max(1, len(names) // MOVIES)]])
    sources = {"": materials.encoder(folder), **({"true_": materials.truth} if materials.simulated else {})}
    rates = {prefix: _mean_rates(source, cuts, state, animal) for prefix, source in sources.items()}
    best = rates[""].argmax(axis=0)
    found = [
        Excited(animal, neuron, _search(materials, animal, folder, neuron, state), cuts[int(best[neuron])])
        for neuron in tracked(neurons, len(neurons), f"exciting neurons of {animal}")
    ]
    table = pd.DataFrame({"animal": animal, "neuron": list(neurons)})
    for prefix, source in sources.items():
        excited = _mean_rates(source, [each.movie for each in found], state, animal)
        table[f"{prefix}exciting"] = [excited[place, neuron] for place, neuron in enumerate(neurons)]
        table[f"{prefix}natural"] = [rates[prefix][best[neuron], neuron] for neuron in neurons]
        table[f"{prefix}ordinary"] = [rates[prefix][:, neuron].mean() for neuron in neurons]
    return found, table


def _search(materials: Materials, animal: str, folder: Path, neuron: int, state: State) -> Movie:
    recording = materials.recordings[animal]
    silence = torch.zeros(recording.neurons, FRAMES)
    seen = Observation(materials.encoder(folder), animal, torch.tensor(state), silence, torch.tensor([neuron]))
    problem = Problem((seen,), materials.masks[animal], poisson, own_prior(recording, folder))
    return most_exciting_movie(problem.to(materials.device), first=FIRST).movie


def _mean_rates(
    encoder: Encoder, movies: Sequence[Movie], state: State, animal: str
) -> Float[np.ndarray, "movie neuron"]:
    """Return mean rates over the frames that count."""
    return np.stack([predict(encoder, movie, state, animal)[:, FIRST:].mean(axis=1) for movie in movies])


def _cut_outs(movies: Sequence[AnyMovie]) -> list[AnyMovie]:
    """Return cut-outs side by side of all movies."""
    starts = [(movie, start) for movie in movies for start in range(0, len(movie) - FRAMES + 1, FRAMES)]
    return [np.array(movie[start : start + FRAMES], dtype=np.float32) for movie, start in starts]
