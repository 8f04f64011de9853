"""What excites single neurons most? Movies found through the encoder, and what the true neurons say to them."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from reverie.report.pictures import evenly_placed
from reverie.studies.exciting import FIRST, FRAMES, Excited, excite
from reverie.studies.experiment import Experiment, Findings, Picture
from reverie.studies.laboratory import Laboratory
from reverie.studies.plates import column_figure, strips

NEURONS: Mapping[str, int] = {"quick": 3, "laptop": 10, "paper": 50}
"""Neurons of each animal, drawn at random."""

SHOWN = 5
"""Neurons of which frames are drawn."""


def conclude(laboratory: Laboratory) -> Findings:
    """Find the movies, and compare what they cause with what training movies do."""
    materials = laboratory.materials
    found: list[Excited] = []
    tables: list[pd.DataFrame] = []
    for animal, recording in materials.recordings.items():
        count = min(NEURONS[laboratory.scale.name], recording.neurons)
        drawn = np.random.default_rng(materials.sources.seed).permutation(recording.neurons)[:count]
        movies, table = excite(materials, animal, laboratory.encoders[0], sorted(map(int, drawn)))
        found, tables = [*found, *movies], [*tables, table]
    rates = pd.concat(tables, ignore_index=True)
    sentences = [f"As the encoder predicts it, the most exciting movies {_told(rates, '')}."]
    if "true_exciting" in rates:
        sentences.append(f"The true neurons agree: their most exciting movies {_told(rates, 'true_')}.")
    return Findings(
        [
            *sentences,
            f"{len(rates)} neurons drawn at random; movies of {FRAMES} frames, rates from frame {FIRST} on. All movies "
            "of a search are equally probable under the prior fitted to training movies.",
        ],
        [_picture(found[:: max(1, len(found) // SHOWN)][:SHOWN], rates)],
    )


def _told(rates: pd.DataFrame, prefix: str) -> str:
    exciting, natural, ordinary = (rates[f"{prefix}{name}"] for name in ("exciting", "natural", "ordinary"))
    times, over = np.median(exciting / ordinary), np.median(exciting / natural)
    return (
        f"raise rates to {times:.1f} times those to ordinary movies and {over:.2f} times those to the best cut-out of "
        f"training movies (medians); they beat that cut-out for {int((exciting > natural).sum())} of {len(rates)}"
    )


def _picture(found: list[Excited], rates: pd.DataFrame) -> Picture:
    chosen = evenly_placed(FRAMES, 5)
    movies = [movie[chosen] for each in found for movie in (each.movie, each.natural)]
    labels = [label for each in found for label in (f"neuron {each.neuron}", "best natural")]
    figure, (axes,) = column_figure(0.36 * len(movies) + 0.2)
    strips(axes, movies, labels)
    caption = "Frames of the most exciting movies of some neurons, above the best cut-outs of training movies."
    return Picture("exciting", caption, figure, rates)


EXCITE = Experiment(
    "excite",
    "Most exciting movies",
    "What do single neurons like best, and do the true neurons agree with the encoder?",
    lambda laboratory: [],
    conclude,
)
