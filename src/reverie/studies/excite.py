"""What excites single neurons most? Movies found through the encoder, and how the true neurons respond to them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float

from reverie.encoders.contract import Encoder
from reverie.encoders.prediction import predict
from reverie.fitted.fitting import fit
from reverie.fitted.session import Session
from reverie.foundation.arrays import AnyMovie, Movie, State
from reverie.foundation.errors import NotApplicable
from reverie.foundation.progress import tracked
from reverie.inversion.exciting import most_exciting_movie
from reverie.inversion.problem import Observation, Problem
from reverie.reporting.pictures import evenly_placed
from reverie.studies.figures import strips_figure
from reverie.studies.setup import Setup
from reverie.studies.study import Findings, Picture, Study
from reverie.studies.synthetic import ordinary_state

NEURONS: Mapping[str, int] = {"quick": 3, "laptop": 10, "paper": 50}
"""Neurons of each animal, drawn at random."""

DRAWN_NEURONS = 5
"""Number of neurons whose movies are drawn."""

FRAMES, FIRST = 45, 15
"""Frames of each movie, and the first frame whose rates count: at 30 Hz, 1 s of rates after half a second of lead."""

MOVIES = 30
"""Number of training movies, evenly chosen, that are searched for the most exciting cut-out."""


@dataclass(frozen=True)
class ExcitingMovie:
    """One neuron's most exciting movie (time, height, width), and the most exciting cut-out of training movies."""

    animal: str
    neuron: int
    movie: Movie
    natural: Movie


def conclude(setup: Setup) -> Findings:
    """Find the movies, and compare the rates they evoke with those that training movies evoke."""
    session = setup.session
    found: list[ExcitingMovie] = []
    tables: list[pd.DataFrame] = []
    for animal, recording in session.recordings.items():
        count = min(NEURONS[setup.scale.name], recording.neurons)
        drawn = np.random.default_rng(session.sources.seed).permutation(recording.neurons)[:count]
        movies, table = find_exciting_movies(session, animal, setup.encoders[0], sorted(map(int, drawn)))
        found, tables = [*found, *movies], [*tables, table]
    rates = pd.concat(tables, ignore_index=True)
    sentences = [f"As the encoder predicts it, the most exciting movies {_rates_in_words(rates, '')}."]
    if "true_exciting" in rates:
        sentences.append(f"The true neurons agree: their most exciting movies {_rates_in_words(rates, 'true_')}.")
    return Findings(
        [
            *sentences,
            f"{len(rates)} neurons drawn at random; movies of {FRAMES} frames, rates from frame {FIRST} on. All movies "
            "of a search are equally probable under the prior fitted to training movies.",
        ],
        [_picture(found[:: max(1, len(found) // DRAWN_NEURONS)][:DRAWN_NEURONS], rates)],
    )


def _rates_in_words(rates: pd.DataFrame, prefix: str) -> str:
    exciting, natural, ordinary = (rates[f"{prefix}{name}"] for name in ("exciting", "natural", "ordinary"))
    times, over = np.median(exciting / ordinary), np.median(exciting / natural)
    return (
        f"raise rates to {times:.1f} times those to ordinary movies and {over:.2f} times those to the best cut-out of "
        f"training movies (medians); they beat that cut-out for {int((exciting > natural).sum())} of {len(rates)}"
    )


def _picture(found: list[ExcitingMovie], rates: pd.DataFrame) -> Picture:
    chosen = evenly_placed(FRAMES, 5)
    movies = [movie[chosen] for each in found for movie in (each.movie, each.natural)]
    labels = [label for each in found for label in (f"neuron {each.neuron}", "best natural")]
    caption = "Frames of the most exciting movies of some neurons, above the best cut-outs of training movies."
    return Picture("exciting", caption, strips_figure(movies, labels), rates)


def find_exciting_movies(
    session: Session, animal: str, folder: Path, neurons: Sequence[int]
) -> tuple[list[ExcitingMovie], pd.DataFrame]:
    """Find the most exciting movies of some neurons of an animal through one encoder, in an ordinary state.

    The table has a row per neuron: animal, neuron, and the mean rates that the encoder predicts to the movie found
    (exciting), to the cut-out of training movies with the highest rate (natural), and over all cut-outs (ordinary). For
    simulated animals, columns that begin with true_ hold the same rates of the true neuron.
    """
    recording, state = session.recordings[animal], ordinary_state(session, animal, FRAMES)
    names = session.fitted(animal, folder).subject.training
    cuts = _cut_outs([recording.movie(name) for name in names[:: max(1, len(names) // MOVIES)]])
    if not cuts:
        raise NotApplicable(f"No training movie of {animal} lasts the {FRAMES} frames of a most exciting movie.")
    sources = {"": session.encoder(folder), **({"true_": session.truth} if session.simulated else {})}
    rates = {prefix: _mean_rates(source, cuts, state, animal) for prefix, source in sources.items()}
    best = rates[""].argmax(axis=0)
    found = [
        ExcitingMovie(animal, neuron, _search(session, animal, folder, neuron, state), cuts[int(best[neuron])])
        for neuron in tracked(neurons, len(neurons), f"exciting neurons of {animal}")
    ]
    table = pd.DataFrame({"animal": animal, "neuron": list(neurons)})
    for prefix, source in sources.items():
        excited = _mean_rates(source, [each.movie for each in found], state, animal)
        table[f"{prefix}exciting"] = [excited[place, neuron] for place, neuron in enumerate(neurons)]
        table[f"{prefix}natural"] = [rates[prefix][best[neuron], neuron] for neuron in neurons]
        table[f"{prefix}ordinary"] = [rates[prefix][:, neuron].mean() for neuron in neurons]
    return found, table


def _search(session: Session, animal: str, folder: Path, neuron: int, state: State) -> Movie:
    recording = session.recordings[animal]
    silence = torch.zeros(recording.neurons, FRAMES)
    seen = Observation(session.encoder(folder), animal, torch.tensor(state), silence, torch.tensor([neuron]))
    problem = Problem((seen,), fit(session.fitted(animal, folder), ["prior"]).prior)
    return most_exciting_movie(problem.to(session.device), first=FIRST).movie


def _mean_rates(
    encoder: Encoder, movies: Sequence[Movie], state: State, animal: str
) -> Float[np.ndarray, "movie neuron"]:
    """Return each neuron's mean rate to each movie, over the frames that count."""
    return np.stack([predict(encoder, movie, state, animal)[:, FIRST:].mean(axis=1) for movie in movies])


def _cut_outs(movies: Sequence[AnyMovie]) -> list[AnyMovie]:
    """Cut all movies into adjoining pieces of ``FRAMES`` frames."""
    starts = [(movie, start) for movie in movies for start in range(0, len(movie) - FRAMES + 1, FRAMES)]
    return [np.array(movie[start : start + FRAMES], dtype=np.float32) for movie, start in starts]


EXCITE = Study(
    "excite",
    "Most exciting movies",
    "What do single neurons like best, and do the true neurons agree with the encoder?",
    conclude,
)
