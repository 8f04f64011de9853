"""What regression learns from: the responses to a trial beside the components of its frames."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from reverie.foundation.arrays import Responses
from reverie.foundation.errors import ReverieError
from reverie.inversion.linear.components import PictureComponents, Scores
from reverie.inversion.linear.contract import Population
from reverie.recordings.trial import Trial

TRIALS_COMPARED: Final = 20
"""Trials, evenly chosen, whose movies tell how fast frames change."""

ALIKE: Final = 0.5
"""Correlation of two frames above which the second adds little to learn from: of natural movies, which keep .8 and more
over four frames, every frame, every second and every sixth taught the same (docs/log); of white noise every frame is
new."""


@dataclass(frozen=True)
class Sample:
    """One trial: responses (neuron, time), and scores (time, component) of every ``every``-th frame.

    fold: of the cross-validation.
    """

    responses: Responses
    scores: Scores
    fold: int


@dataclass(frozen=True)
class Samples:
    """The trials of one animal as samples, each read when it is its turn and not kept.

    each: use every ``each``-th neuron.
    """

    trials: Sequence[Trial]
    folds: Sequence[int]
    pictures: PictureComponents
    every: int
    each: int = 1

    def __iter__(self) -> Iterator[Sample]:
        """Read the trials, fold by fold."""
        for number in sorted(range(len(self.trials)), key=lambda number: self.folds[number]):
            trial = self.trials[number]
            assert trial.responses is not None
            scores = self.pictures.encode(trial.known_movie[:: self.every])
            yield Sample(trial.responses[:: self.each], scores, self.folds[number])


def frames_apart(trials: Sequence[Trial], most: int) -> int:
    """Return how many frames may lie between two samples: as many as movies stay alike over, ``most`` at most.

    Alike are frames that correlate at ``ALIKE`` or more around the movies' mean picture, in a few trials.
    """
    products, energy = np.zeros(most + 1), 0.0
    movies = [trial.known_movie for trial in trials[:: -(-len(trials) // TRIALS_COMPARED)]]
    mean = np.mean([movie.mean(axis=0) for movie in movies], axis=0)
    for movie in movies:
        apart = (movie - mean).reshape(len(movie), -1)
        reach = range(min(most, len(movie) - 1) + 1)
        products[: len(reach)] += [float(np.vdot(apart[: len(apart) - lag], apart[lag:])) for lag in reach]
        energy += float(np.vdot(apart, apart))
    alike = [lag for lag in range(1, most + 1) if products[lag] >= ALIKE * energy]
    return max(alike, default=1)


def population_of(mouse: str, trials: Sequence[Trial]) -> Population:
    """Return whom the trials are of; raises ReverieError when there are none or one has no responses or another size.

    The trials are read one at a time.
    """
    populations = set()
    for trial in trials:
        if trial.responses is None:
            raise ReverieError(f"Trial {trial.name} of {mouse} has no responses; nothing is to be learnt from it.")
        height, width = trial.known_movie.shape[1:]
        populations.add(Population(mouse, len(trial.responses), (height, width)))
    if len(populations) != 1:
        raise ReverieError(
            f"{mouse} has {len(trials)} training trials of {len(populations)} kinds of neuron count and frame size; "
            "a decoder needs trials of one kind."
        )
    return populations.pop()
