"""Responses to movies that were never shown: drawn as the animal would give them, noise of the trial included."""

from collections.abc import Iterator, Mapping

import numpy as np

from reverie.encoders.checkpoints import read_about
from reverie.encoders.prediction import predict_mean
from reverie.fitted.materials import Materials
from reverie.foundation.arrays import Movie
from reverie.jobs.job import Clip
from reverie.jobs.null_trials import measure_noise
from reverie.simulation.kinds import find_kind
from reverie.simulation.mouse import Presentation, SimulatedMouse
from reverie.simulation.true_encoder import TrueEncoder
from reverie.studies.synthetic import ordinary_state

APART = 7
"""Added to the seed, so that no trial of the recording is drawn again."""


def knows_truth(materials: Materials) -> bool:
    """Return whether the animals are simulated by what is beside them, so that they can be shown anything."""
    folder = materials.truth_folder
    return materials.simulated and folder is not None and "kind" in read_about(folder)


def shown_to(materials: Materials, animal: str, movies: Mapping[str, Movie]) -> Iterator[Clip]:
    """Yield a clip of each movie (by name) with the responses of one animal to it.

    A simulated animal is shown it; a recorded one is taken to fire at the mean rates of the encoders in an ordinary
    moment, as noisily as it does in training trials. The seed of the materials decides what is drawn.
    """
    if knows_truth(materials):
        yield from _simulated(materials, animal, movies)
        return
    noise, encoders = measure_noise(materials, animal), tuple(materials.encoders.values())
    for number, (name, movie) in enumerate(movies.items()):
        state = ordinary_state(materials, animal, len(movie))
        generator = np.random.default_rng([materials.sources.seed, APART, number])
        yield Clip(animal, name, movie, state, noise.draw(predict_mean(encoders, movie, state, animal), generator))


def _simulated(materials: Materials, animal: str, movies: Mapping[str, Movie]) -> Iterator[Clip]:
    truth, folder = materials.truth, materials.truth_folder
    assert isinstance(truth, TrueEncoder)
    assert folder is not None
    shows = [Presentation(str(number), "unseen", name, movie) for number, (name, movie) in enumerate(movies.items())]
    about, seed = read_about(folder), materials.sources.seed + APART
    noise = find_kind(about["kind"], about.get("without", ())).noise
    mouse = SimulatedMouse(truth, animal, shows, noise=noise, seed=seed)
    for show in shows:
        trial = mouse.trial(show.trial)
        yield Clip(animal, show.title, trial.movie, trial.state, trial.responses)
